package template_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/template"
)

// Parse of the sample, as the CDK's assertions give it: without paths.
func TestAParsedTemplateHasThePathsOfItsConstructs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../test/testdata/invoicing-template_1.snap.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := template.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, expected := range map[string]string{
		"JobStart": "JobStartFunctionFB59C20B", "Stack/Worker": "WorkerFunctionAF8A26AF", "Anything/Summary": "SummaryFunction4C875727",
		"Summary/Function": "SummaryFunction4C875727", "WorkerFunctionAF8A26AF": "WorkerFunctionAF8A26AF",
		"Invoicing": "InvoicingStateMachine025427B4", "Invoicing/StateMachine": "InvoicingStateMachine025427B4",
		"Invoicing/Lock/Table": "InvoicingLockTableA67D4478", "Invoicing.Results": "InvoicingResults6F759930", "Orders": "OrdersA9B65338",
		"Invoices": "InvoicesF0222E8D", "Alerts/Topic": "AlertsTopicCF7C81C9", "Nightly/DeadLetters": "NightlyDeadLetters8C4076B0",
	} {
		r, err := s.Find(name, "resource", "a name", "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::DynamoDB::Table",
			"AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if r.ID != expected {
			t.Errorf("%s: got %s, expected %s", name, r.ID, expected)
		}
	}
	_, err = s.Find("Wroker", "function", "a name", "AWS::Lambda::Function")
	if expected := `got function "Wroker", expected one of: JobStart, Summary, Worker`; err == nil || err.Error() != expected {
		t.Errorf("got error %v, expected %s", err, expected)
	}
	r, err := s.Find("Invoicing", "machine", "a name", "AWS::StepFunctions::StateMachine")
	if err != nil || r.ARN() != "arn:aws:states:us-east-1:123456789012:stateMachine:Stack-InvoicingStateMachine025427B4" {
		t.Errorf("got %v and error %v, expected the ARN of the state machine", r, err)
	}
}

// A name need not be what the CDK would divide at a capital letter.
func TestAParsedTemplateKnowsPathsThatCannotBeFoundByTheirLogicalIDs(t *testing.T) {
	t.Parallel()
	functions := map[string]any{}
	for _, id := range []string{"myfunctionDF753486", "abWork936186B2", "Plain"} {
		functions[id] = map[string]any{"Type": "AWS::Lambda::Function"}
	}
	text, err := json.Marshal(map[string]any{"Resources": functions})
	if err != nil {
		t.Fatal(err)
	}
	s, err := template.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, expected := range map[string]string{
		"my-function": "myfunctionDF753486", "Shop/my-function": "myfunctionDF753486", "a-b/Work": "abWork936186B2",
		"Plain": "Plain", "Shop/Plain": "Plain", "myfunction": "", "a-c/Work": "",
	} {
		got := ""
		if r, err := s.Find(name, "function", "a name", "AWS::Lambda::Function"); err == nil {
			got = r.ID
		}
		if got != expected {
			t.Errorf("%s: got %q, expected %q", name, got, expected)
		}
	}
}

func TestAParsedTemplateHasTheNameOfItsStackInItsPaths(t *testing.T) {
	t.Parallel()
	s, err := template.Parse([]byte(`{"Resources": {"ShipC1D31C7A": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:cdk:path": "Shop/Ship/Resource"}},
		"CDKMetadata": {"Type": "AWS::CDK::Metadata"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Find("Ship", "function", "a name", "AWS::Lambda::Function")
	if err != nil || s.ShortName(r) != "Ship" || r.Path() != "Shop/Ship" {
		t.Errorf("got %v and error %v, expected Ship of the stack Shop", r, err)
	}
}

func TestTextsThatAreNoTemplates(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]string{
		`{"Resources": `: "reading the template: unexpected EOF",
		`{}`:             "got a template without resources, expected at least one",
	} {
		if _, err := template.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got error %v, expected %q", text, err, expected)
		}
	}
}
