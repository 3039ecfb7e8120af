package synthesis

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
	"github.com/mapjob/mapjob/test/review"
)

// Finding is a line of cdk-nag's report.
type Finding struct {
	RuleID          string `json:"ruleId"`
	ResourceID      string `json:"resourceId"`
	Compliance      string `json:"compliance"`
	ExceptionReason string `json:"exceptionReason"`
	RuleInfo        string `json:"ruleInfo"`
}

// Reviewed returns the template of a stack that a snapshot shows, or that is to be
// reviewed like one. If MAPJOB_REVIEW names a folder, the template and what cdk-nag
// finds in the stack are kept in it, in a folder of the package: test/quality looks at
// them.
func Reviewed(t *testing.T, name string, stack awscdk.Stack) *Template {
	t.Helper()
	if os.Getenv(review.Variable) == "" {
		return Synthesize(t, stack)
	}
	AddNag(stack)
	template := Synthesize(t, stack)
	Keep(t, name, stack)
	return template
}

// AddNag adds the rules of cdk-nag to a stack that is not synthesized yet. The app is
// one of App.
func AddNag(stack awscdk.Stack) {
	props := &cdknag.NagPackProps{ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON}}
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(props), nil)
	awscdk.Aspects_Of(stack).Add(cdknag.NewNIST80053R5Checks(props), nil)
}

// Nag returns what cdk-nag has found in a stack that is synthesized.
func Nag(t *testing.T, stack awscdk.Stack) []Finding {
	t.Helper()
	findings, err := nagReport(stack)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// nagReport reads what cdk-nag has found in a stack that is synthesized.
func nagReport(stack awscdk.Stack) ([]Finding, error) {
	var findings []Finding
	for _, pack := range []string{"AwsSolutions", "NIST.800.53.R5"} {
		text, err := os.ReadFile(filepath.Join(*awscdk.App_Of(stack).Outdir(), pack+"-"+*stack.StackName()+"-NagReport.json"))
		if err != nil {
			return nil, err
		}
		var report struct{ Lines []Finding }
		if err := json.Unmarshal(text, &report); err != nil {
			return nil, err
		}
		findings = append(findings, report.Lines...)
	}
	return findings, nil
}

// Keep keeps the template of a stack, and what cdk-nag has found in it, in the folder
// of MAPJOB_REVIEW, if it names one.
func Keep(t *testing.T, name string, stack awscdk.Stack) {
	t.Helper()
	folder := os.Getenv(review.Variable)
	if folder == "" {
		return
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	of, err := filepath.Rel(root, filepath.Dir(snapshotFolder))
	if err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile(filepath.Join(*awscdk.App_Of(stack).Outdir(), *stack.TemplateFile()))
	if err != nil {
		t.Fatal(err)
	}
	findings, err := json.MarshalIndent(Nag(t, stack), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(folder, of)
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for suffix, text := range map[string][]byte{review.Template: template, review.Nag: findings} {
		if err := os.WriteFile(filepath.Join(to, name+suffix), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
