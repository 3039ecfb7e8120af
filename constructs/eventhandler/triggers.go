package eventhandler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/schedule"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// addSchedule creates the schedule and its role. An event that Scheduler can't
// deliver goes to the same dead-letter queue as one that the function did not handle.
func (h *eventHandler) addSchedule(settings *Props, input any) {
	role := schedule.NewRole(h, "ScheduleRole", h.deadLetters)
	h.schedule = awsscheduler.NewSchedule(h, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
		Schedule: settings.Schedule.times().Schedule(),
		Target: awsschedulertargets.NewLambdaInvoke(h.function, &awsschedulertargets.ScheduleTargetBaseProps{
			Input:           awsscheduler.ScheduleTargetInput_FromObject(input),
			MaxEventAge:     settings.maxEventAge(),
			DeadLetterQueue: h.deadLetters,
			Role:            role,
		}),
		Key: settings.EncryptionKey,
	})
	accepted.Wildcards(role.Node().FindChild(jsii.String("DefaultPolicy")), "a function is named with all its versions", ":*")
}

// addRule creates the rule.
func (h *eventHandler) addRule(settings *Props) {
	undelivered.LetSend(undelivered.ForThisAccount(h, "events.amazonaws.com", nil), h.deadLetters) // no role sends to it
	h.rule = awsevents.NewRule(h, jsii.String("Rule"), &awsevents.RuleProps{EventPattern: settings.Events.Pattern, EventBus: settings.Events.EventBus})
	h.rule.AddTarget(awseventstargets.NewLambdaFunction(h.function, &awseventstargets.LambdaFunctionProps{
		MaxEventAge:     settings.maxEventAge(),
		DeadLetterQueue: h.deadLetters,
	}))
}
