package trigger

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// The sender of an event chooses the values in its detail, and the names of the
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

// validateInput refuses an Input that is not JSON, and one in which a member may steer
// the job, unless allowControl is set. An event of S3 has a detail whose members S3
// names.
func validateInput(scope constructs.Construct, input awsevents.RuleTargetInput, allowControl *bool, fromS3 bool, found *refusal.Problems) {
	if input == nil {
		return
	}
	allowed := allowControl != nil && *allowControl
	bound := bind(scope, input)
	if bound.InputPath != nil {
		if path := *bound.InputPath; !allowed && !slices.Contains(fixed, path) && !(fromS3 && strings.HasPrefix(path, "$.detail")) {
			refuseOpen(path, found)
		}
		return
	}
	var text, value string
	if bound.InputTemplate != nil {
		text = textOf(scope, *bound.InputTemplate)
		validateVariables(text, bound.InputPathsMap, found)
		value = withoutVariables(text)
	} else {
		text = textOf(scope, *bound.Input)
		value = text
	}
	if n := utf8.RuneCountInString(text); n > maxRuleInput {
		found.Add("Input: got %d characters, expected at most %d: store more in S3, and its address in the Input", n, maxRuleInput)
	}
	if !json.Valid([]byte(value)) {
		found.Add("Input: got %s, expected one JSON value, as an execution's input is", text)
	}
	if !allowed {
		validateMembers(text, fromS3, found)
	}
}

// variable matches the variables of a template (EventBridge API reference,
// "InputTransformer").
var variable = regexp.MustCompile(`<[A-Za-z0-9_.-]+>`)

// validateVariables refuses a text in a template that EventBridge takes for an unknown
// variable: it can't be escaped.
func validateVariables(template string, paths *map[string]*string, found *refusal.Problems) {
	for _, match := range variable.FindAllString(template, -1) {
		name := strings.Trim(match, "<>")
		known := strings.HasPrefix(name, "aws.")
		if paths != nil {
			known = known || (*paths)[name] != nil
		}
		if !known {
			found.Add("Input: got %s, which EventBridge takes for a variable, expected a text without it, or an Input without EventField", match)
		}
	}
}

func refuseOpen(what string, found *refusal.Problems) {
	found.Add("Input: got %s, in which the sender of an event names the members of the execution's input, expected awsevents.RuleTargetInput_FromObject, "+
		"in which the app names them, or AllowControl: a member that begins with %s steers the job", what, protocol.ControlPrefix)
}

// validateMembers looks at the top of a template or of JSON.
func validateMembers(text string, fromS3 bool, found *refusal.Problems) {
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

// textOf returns a text, with a digit for each part that is known only when the stack
// is deployed: it may be a number, or a part of a string.
func textOf(scope constructs.Construct, template string) string {
	return strings.TrimSpace(plain(awscdk.Stack_Of(scope).Resolve(template)))
}

// plain returns a resolved text for textOf.
func plain(resolved any) string {
	switch v := resolved.(type) {
	case string:
		return v
	case map[string]any:
		join, _ := v["Fn::Join"].([]any)
		if len(join) != 2 {
			return "0"
		}
		var text strings.Builder
		parts, _ := join[1].([]any)
		for _, part := range parts {
			if part, ok := part.(string); ok {
				text.WriteString(part)
			} else {
				text.WriteByte('0')
			}
		}
		return text.String()
	}
	return "0"
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

// withEvent makes a rule's target pass the event, beside the part of it that an input
// takes, {"event": …, "input": …}. It returns the expression of the event, and the text
// of the execution's input, which is an expression too if it depends on the event.
func withEvent(rule awsevents.Rule, input awsevents.RuleTargetInput) (event, text string) {
	if input == nil {
		return claimed, written(claimed)
	}
	const name = "mapjobInput"
	bound := input.Bind(rule)
	paths := map[string]*string{}
	var template string
	switch {
	case bound.InputPath != nil:
		template, paths[name] = "<"+name+">", bound.InputPath
	case bound.InputTemplate != nil:
		template = *bound.InputTemplate
		if bound.InputPathsMap != nil {
			paths = *bound.InputPathsMap
		}
	default: // a constant is no template: nothing in it is a variable
		return claimed, *bound.Input
	}
	transformer := map[string]any{"InputTemplate": `{"event":` + wholeEvent + `,"input":` + template + `}`}
	if len(paths) > 0 {
		transformer["InputPathsMap"] = paths
	}
	rule.Node().DefaultChild().(awsevents.CfnRule).AddPropertyOverride(jsii.String("Targets.0.InputTransformer"), transformer)
	return claimed + ".event", written(claimed + ".input")
}

// written returns the expression of a value's JSON.
func written(value string) string { return jsonata.Expression("$string(%s)", value) }
