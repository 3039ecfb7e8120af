package eventhandler

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/accepted"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
)

// addSchedule invokes the function at certain times, with a role that may do
// nothing else. What Scheduler can't hand to Lambda goes where goes what Lambda
// gives up.
func (h *eventHandler) addSchedule(settings *Props, input any) {
	// Scheduler's own confused deputy is kept out by the group of the schedule,
	// not by the schedule (user guide, "Confused deputy prevention").
	role := awsiam.NewRole(h, jsii.String("ScheduleRole"), &awsiam.RoleProps{
		AssumedBy: undelivered.ForThisAccount(h, "scheduler.amazonaws.com", map[string]any{
			"aws:SourceArn": awscdk.Stack_Of(h).FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("scheduler"), Resource: jsii.String("schedule-group"), ResourceName: jsii.String("default"),
			}),
		}),
	})
	undelivered.LetSend(role, h.failureQueue)
	h.schedule = awsscheduler.NewSchedule(h, jsii.String("Schedule"), &awsscheduler.ScheduleProps{
		Schedule: settings.Schedule,
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

// addRule invokes the function for every event that matches the pattern.
func (h *eventHandler) addRule(settings *Props) {
	undelivered.LetSend(undelivered.ForThisAccount(h, "events.amazonaws.com", nil), h.failureQueue) // no role sends to it
	h.rule = awsevents.NewRule(h, jsii.String("Rule"), &awsevents.RuleProps{EventPattern: settings.Pattern, EventBus: settings.EventBus})
	h.rule.AddTarget(awseventstargets.NewLambdaFunction(h.function, &awseventstargets.LambdaFunctionProps{
		MaxEventAge:     settings.maxEventAge(),
		DeadLetterQueue: h.failureQueue,
	}))
}
