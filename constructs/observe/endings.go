package observe

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// EndingsProps are the props of NewEndings.
type EndingsProps struct {
	// StateMachine is the state machine whose executions are watched.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Topic gets the messages. An encrypted topic needs a key that EventBridge may
	// use, such as the key of NewTopic.
	// Required.
	Topic awssns.ITopic

	// Except are names of errors. An execution that failed with one of them
	// publishes no message here, because it has published one with Notify.
	// Default: every execution that failed publishes a message.
	Except []string
}

// NewEndings creates rules that publish a message when an execution ends in a
// way that it can't publish itself: it timed out, was aborted, or failed with an
// error that nothing in it caught. The message has the execution, its status and
// its error. It has no numbers. It has no cause either, which is often JSON: its
// quotes would break the rule's text. The event of an execution that timed out has no
// error: a second rule has a text for it.
//
// The events are best effort (Step Functions developer guide, "Automating Step
// Functions event delivery with EventBridge"): the message is a hint. The alarms
// of New do not depend on these events.
//
// NewEndings panics with every problem of the props at once, before it creates
// anything.
func NewEndings(scope constructs.Construct, id *string, props *EndingsProps) awsevents.Rule {
	if props == nil {
		props = &EndingsProps{}
	}
	props.validate().Refuse(scope, id)
	rule := awsevents.NewRule(scope, id, &awsevents.RuleProps{
		Description: jsii.String("Executions that were aborted, or failed without publishing a message"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.states"),
			DetailType: jsii.Strings("Step Functions Execution Status Change"),
			Detail:     props.pattern(),
		},
	})
	field := func(name string) string { return *awsevents.EventField_FromPath(jsii.String("$.detail." + name)) }
	rule.AddTarget(awseventstargets.NewSnsTopic(props.Topic, &awseventstargets.SnsTopicProps{
		Message: awsevents.RuleTargetInput_FromText(jsii.String(fmt.Sprintf("Execution %s ended: %s %s",
			field("executionArn"), field("status"), field("error")))),
	}))
	timedOut := awsevents.NewRule(rule, jsii.String("TimedOut"), &awsevents.RuleProps{
		Description: jsii.String("Executions that timed out"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.states"),
			DetailType: jsii.Strings("Step Functions Execution Status Change"),
			Detail:     &map[string]any{"stateMachineArn": []any{props.StateMachine.StateMachineArn()}, "status": []any{"TIMED_OUT"}},
		},
	})
	timedOut.AddTarget(awseventstargets.NewSnsTopic(props.Topic, &awseventstargets.SnsTopicProps{
		Message: awsevents.RuleTargetInput_FromText(jsii.String(fmt.Sprintf(
			"Execution %s ended: TIMED_OUT, it took longer than the timeout of its state machine", field("executionArn")))),
	}))
	return rule
}

// pattern leaves out failures with one of the errors in Except.
func (p *EndingsProps) pattern() *map[string]any {
	machine := []any{p.StateMachine.StateMachineArn()}
	if len(p.Except) == 0 {
		return &map[string]any{"stateMachineArn": machine, "status": []any{"FAILED", "ABORTED"}}
	}
	return &map[string]any{"stateMachineArn": machine, "$or": []any{
		map[string]any{"status": []any{"ABORTED"}},
		map[string]any{"status": []any{"FAILED"}, "error": []any{
			map[string]any{"anything-but": p.Except}, map[string]any{"exists": false}, // a Fail state may give none
		}},
	}}
}

func (p *EndingsProps) validate() (found refusal.Problems) {
	if p.StateMachine == nil {
		found.Add("StateMachine: got nothing, expected the state machine to watch")
	}
	if p.Topic == nil {
		found.Add("Topic: got nothing, expected the topic to publish to")
	}
	for _, name := range p.Except {
		if name == "" {
			found.Add("Except: got an empty name, expected the name of an error")
		}
	}
	return found
}
