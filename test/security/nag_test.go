// Package security checks the permissions of the stacks and constructs, and what
// cdk-nag finds in them.
package security

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// oneByOne matches the reason of a suppression that names what it applies to.
var oneByOne = regexp.MustCompile(`^\[Resource::.+\] .{20,}`)

func TestCDKNagFindsNothing(t *testing.T) {
	for name, build := range all {
		t.Run(name, func(t *testing.T) {
			compliant := 0
			stack := synthesized(t, name, build)
			synthesis.Keep(t, name, stack)
			for _, f := range awsSolutions(t, stack) {
				switch {
				case f.Compliance == "Compliant":
					compliant++
				case f.Compliance != "Suppressed":
					t.Errorf("got %s: %s %s: %s", f.Compliance, f.ResourceID, f.RuleID, f.RuleInfo)
				case f.RuleID == "AwsSolutions-IAM5" && !oneByOne.MatchString(f.ExceptionReason):
					t.Errorf("got %s %s suppressed with %q, expected each wildcard to be named, with a reason", f.ResourceID, f.RuleID, f.ExceptionReason)
				case len(f.ExceptionReason) < 20:
					t.Errorf("got %s %s suppressed with %q, expected a reason", f.ResourceID, f.RuleID, f.ExceptionReason)
				}
			}
			if compliant == 0 {
				t.Error("got no check that passed, expected cdk-nag to look at the stack")
			}
		})
	}
}

// A suppression of the constructs must not hide what an app grants.
func TestWildcardsOfTheAppAreStillFound(t *testing.T) {
	lines := report(t, "Generous", func(app awscdk.App, id string) awscdk.Stack {
		stack := jobStack(app, id, byValue)
		grantAnything(child(stack, "Worker", "Role"))
		grantAnything(child(stack, "Job", "Role"))
		return stack
	})
	found := map[string]int{}
	for _, f := range lines {
		if f.Compliance == "Non-Compliant" {
			found[f.ResourceID]++
		}
	}
	// sqs:*, and * as its resource
	expected := map[string]int{"Generous/Worker/Role/DefaultPolicy/Resource": 2, "Generous/Job/Role/DefaultPolicy/Resource": 2}
	if !maps.Equal(found, expected) {
		t.Errorf("got findings %v, expected %v", found, expected)
	}
}

// report returns the findings of cdk-nag in a stack.
func report(t *testing.T, name string, build func(awscdk.App, string) awscdk.Stack) []synthesis.Finding {
	t.Helper()
	return awsSolutions(t, synthesized(t, name, build))
}

// synthesized returns a stack that cdk-nag has looked at.
func synthesized(t *testing.T, name string, build func(awscdk.App, string) awscdk.Stack) awscdk.Stack {
	t.Helper()
	app := synthesis.App(t, nil)
	stack := build(app, name)
	synthesis.AddNag(stack)
	app.Synth(nil)
	return stack
}

// awsSolutions returns the findings of the AwsSolutions rules in a stack. Those of
// NIST 800-53 are accepted in test/quality, not on the resource: whether an account
// has to comply with them is for its owner to say.
func awsSolutions(t *testing.T, stack awscdk.Stack) []synthesis.Finding {
	t.Helper()
	return slices.DeleteFunc(synthesis.Nag(t, stack), func(f synthesis.Finding) bool { return !strings.HasPrefix(f.RuleID, "AwsSolutions-") })
}
