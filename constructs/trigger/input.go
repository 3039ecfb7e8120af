package trigger

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Whoever sends an event chooses the values in its detail, and the names of the
// members there. A member of an execution's input whose name begins with mapjob steers
// the job. So the app names the members of an input, and the sender of an event does
// not, unless AllowControl is set: then there is nothing to check when an event comes.

// fixed are the paths to values in which the sender of an event names no members:
// the whole event, whose members EventBridge names, and its texts.
var fixed = []string{"$", "$.version", "$.id", "$.detail-type", "$.source", "$.account", "$.time", "$.region", "$.resources"}

// wholeEvent is the variable of a template with the whole event, and eventWithoutDetail the
// one with the rest of it (EventBridge user guide, "Input transformation").
const (
	wholeEvent         = "<aws.events.event.json>"
	eventWithoutDetail = "<aws.events.event>"
)

// validateInput refuses an Input in which a member may steer the job. An event of
// S3 has a detail whose members S3 names.
func validateInput(scope constructs.Construct, input awsevents.RuleTargetInput, allowControl *bool, fromS3 bool, found *refusal.Problems) {
	if input == nil || allowControl != nil && *allowControl {
		return
	}
	bound := bind(scope, input)
	switch {
	case bound.InputPath != nil:
		if path := *bound.InputPath; !slices.Contains(fixed, path) && !(fromS3 && strings.HasPrefix(path, "$.detail")) {
			refuseOpen(path, found)
		}
	case bound.InputTemplate != nil:
		validateMembers(scope, *bound.InputTemplate, fromS3, found)
	case bound.Input != nil:
		validateMembers(scope, *bound.Input, fromS3, found)
	}
}

func refuseOpen(what string, found *refusal.Problems) {
	found.Add("Input: got %s, in which the sender of an event names the members of the execution's input, expected awsevents.RuleTargetInput_FromObject, "+
		"in which the app names them, or AllowControl: a member that begins with %s steers the job", what, protocol.ControlPrefix)
}

// validateMembers looks at the top of a template or of JSON.
func validateMembers(scope constructs.Construct, template string, fromS3 bool, found *refusal.Problems) {
	text := strings.TrimSpace(plain(awscdk.Stack_Of(scope).Resolve(template)))
	switch {
	case strings.HasPrefix(text, wholeEvent), strings.HasPrefix(text, eventWithoutDetail):
		return
	case strings.HasPrefix(text, "<") && !fromS3:
		refuseOpen("the template "+text, found)
		return
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(withoutVariables(text)), &members); err != nil {
		return // a text or a list, which have no members
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch {
		case protocol.IsControl(name):
			found.Add("Input: got the member %s, which steers the job, expected AllowControl with it", name)
		case strings.Contains(name, "<"):
			refuseOpen("the member "+name, found)
		}
	}
}

// bind returns how a rule writes the input. Only a rule can be asked.
func bind(scope constructs.Construct, input awsevents.RuleTargetInput) *awsevents.RuleTargetInputProperties {
	id := jsii.String("mapjobInput")
	rule := awsevents.Rule_FromEventRuleArn(scope, id, awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("events"), Resource: jsii.String("rule"), ResourceName: jsii.String("input")}))
	defer scope.Node().TryRemoveChild(id)
	return input.Bind(rule)
}

// plain returns a resolved text, with a letter for each part that is known only when the stack is
// deployed.
func plain(resolved any) string {
	switch v := resolved.(type) {
	case string:
		return v
	case map[string]any:
		join, _ := v["Fn::Join"].([]any)
		if len(join) != 2 {
			return "x"
		}
		var text strings.Builder
		parts, _ := join[1].([]any)
		for _, part := range parts {
			if part, ok := part.(string); ok {
				text.WriteString(part)
			} else {
				text.WriteByte('x')
			}
		}
		return text.String()
	}
	return "x"
}

// withoutVariables returns a template with null for each variable outside a string.
func withoutVariables(template string) string {
	var text strings.Builder
	quoted, escaped := false, false
	for i := 0; i < len(template); i++ {
		c := template[i]
		if end := strings.IndexByte(template[i:], '>'); c == '<' && !quoted && end > 0 {
			text.WriteString("null")
			i += end
			continue
		}
		text.WriteByte(c)
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		}
	}
	return text.String()
}

// withEvent makes a rule's target pass the event beside the input, {"event": …,
// "input": …}, and returns the expressions of both. Without an input the target
// passes the event alone.
func withEvent(rule awsevents.Rule, input awsevents.RuleTargetInput) (event, expression string) {
	if input == nil {
		return claimed, claimed
	}
	const variable = "mapjobInput"
	bound := input.Bind(rule)
	paths := map[string]*string{}
	var template string
	switch {
	case bound.InputPath != nil:
		template, paths[variable] = "<"+variable+">", bound.InputPath
	case bound.InputTemplate != nil:
		template = *bound.InputTemplate
		if bound.InputPathsMap != nil {
			paths = *bound.InputPathsMap
		}
	default:
		template = *bound.Input
	}
	transformer := map[string]any{"InputTemplate": `{"event":` + wholeEvent + `,"input":` + template + `}`}
	if len(paths) > 0 {
		transformer["InputPathsMap"] = paths
	}
	rule.Node().DefaultChild().(awsevents.CfnRule).AddPropertyOverride(jsii.String("Targets.0.InputTransformer"), transformer)
	return claimed + ".event", claimed + ".input"
}
