package eventhandler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// addSchedule creates the schedule and its role. An event that Scheduler can't
// deliver goes to the same failure queue as one that the function did not handle.
func (h *eventHandler) addSchedule(settings *Props, input any) {
	// The condition names the schedule's group, not the schedule, which is how
	// Scheduler prevents a confused deputy (user guide, "Confused deputy
	// prevention").
	role := awsiam.NewRole(h, jsii.String("ScheduleRole"), &awsiam.RoleProps{
		AssumedBy: undelivered.ForThisAccount(h, "scheduler.amazonaws.com", map[string]any{
			"aws:SourceArn": awscdk.Stack_Of(h).FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("scheduler"), Resource: jsii.String("schedule-group"), ResourceName: jsii.String("default"),
			}),
		}),
	})
	undelivered.LetSend(role, h.failureQueue)
	h.schedule = awsscheduler.NewSchedule(h, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
		Schedule: settings.Schedule.Expression,
		Target: awsschedulertargets.NewLambdaInvoke(h.function, &awsschedulertargets.ScheduleTargetBaseProps{
			Input:           awsscheduler.ScheduleTargetInput_FromObject(input),
			MaxEventAge:     settings.maxEventAge(),
			DeadLetterQueue: h.failureQueue,
			Role:            role,
		}),
		Key: settings.EncryptionKey,
	})
	accepted.Wildcards(role.Node().FindChild(jsii.String("DefaultPolicy")), "a function is named with all its versions", ":*")
}

// addRule creates the rule.
func (h *eventHandler) addRule(settings *Props) {
	undelivered.LetSend(undelivered.ForThisAccount(h, "events.amazonaws.com", nil), h.failureQueue) // no role sends to it
	h.rule = awsevents.NewRule(h, jsii.String("Rule"), &awsevents.RuleProps{EventPattern: settings.Events.Pattern, EventBus: settings.Events.Bus})
	h.rule.AddTarget(awseventstargets.NewLambdaFunction(h.function, &awseventstargets.LambdaFunctionProps{
		MaxEventAge:     settings.maxEventAge(),
		DeadLetterQueue: h.failureQueue,
	}))
}
