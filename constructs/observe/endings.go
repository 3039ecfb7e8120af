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

// EndingsProps say whose endings are told to whom.
type EndingsProps struct {
	// StateMachine is whose executions are told of.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Topic is who is told. An encrypted topic needs a key that EventBridge may
	// use, as those of NewTopic.
	// Required.
	Topic awssns.ITopic

	// Told are errors of which executions tell themselves, with Notify.
	// Default: every execution that failed is told of.
	Told []string
}

// NewEndings tells of the endings that an execution cannot tell itself: it
// timed out, was aborted, or failed with an error that nothing in it caught.
// The message has the execution, its status and its error. It has no numbers, and
// no cause: that is often JSON, whose quotes a rule's text might not survive.
//
// The events are best effort (Step Functions developer guide, "Automating Step
// Functions event delivery with EventBridge"): the message is a hint. The
// alarms of New tell of the same endings by another way.
func NewEndings(scope constructs.Construct, id *string, props *EndingsProps) awsevents.Rule {
	if props == nil {
		props = &EndingsProps{}
	}
	props.validate().Refuse(scope, id)
	rule := awsevents.NewRule(scope, id, &awsevents.RuleProps{
		Description: jsii.String("Executions that timed out, were aborted, or failed with what they cannot tell themselves"),
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
	return rule
}

// pattern leaves out failures with an error that was told of.
func (p *EndingsProps) pattern() *map[string]any {
	machine := []any{p.StateMachine.StateMachineArn()}
	if len(p.Told) == 0 {
		return &map[string]any{"stateMachineArn": machine, "status": []any{"FAILED", "TIMED_OUT", "ABORTED"}}
	}
	return &map[string]any{"stateMachineArn": machine, "$or": []any{
		map[string]any{"status": []any{"TIMED_OUT", "ABORTED"}},
		map[string]any{"status": []any{"FAILED"}, "error": []any{
			map[string]any{"anything-but": p.Told}, map[string]any{"exists": false}, // a Fail state may give none
		}},
	}}
}

func (p *EndingsProps) validate() (found refusal.Problems) {
	if p.StateMachine == nil {
		found.Add("StateMachine: got nothing, expected the state machine whose endings are told")
	}
	if p.Topic == nil {
		found.Add("Topic: got nothing, expected the topic to publish to")
	}
	for _, name := range p.Told {
		if name == "" {
			found.Add("Told: got an empty name, expected that of an error")
		}
	}
	return found
}
