// Package security checks the permissions of the stacks and constructs, and what
// cdk-nag finds in them.
package security

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// oneByOne matches the reason of a suppression that names what it applies to.
var oneByOne = regexp.MustCompile(`^\[Resource::.+\] .{20,}`)

// finding is a line of cdk-nag's report.
type finding struct {
	RuleID          string `json:"ruleId"`
	ResourceID      string `json:"resourceId"`
	Compliance      string `json:"compliance"`
	ExceptionReason string `json:"exceptionReason"`
	RuleInfo        string `json:"ruleInfo"`
}

func TestCDKNagFindsNothing(t *testing.T) {
	for name, build := range all {
		t.Run(name, func(t *testing.T) {
			compliant := 0
			for _, f := range report(t, name, build) {
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
func report(t *testing.T, name string, build func(awscdk.App, string) awscdk.Stack) []finding {
	t.Helper()
	// A finding must not end the synthesis: the report has it.
	app := synthesis.App(t, map[string]any{"@aws-cdk/core:annotationsInValidationReport": false})
	stack := build(app, name)
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	text, err := os.ReadFile(filepath.Join(*app.Outdir(), "AwsSolutions-"+name+"-NagReport.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Lines []finding }
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	return report.Lines
}
