package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

const sound = `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}}}`

// keep writes files that are kept for a review, and returns them.
func keep(t *testing.T, files map[string]string) *reviewed {
	t.Helper()
	folder, module := t.TempDir(), t.TempDir()
	write(t, folder, files)
	const definition = `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`
	write(t, module, map[string]string{"constructs/queue/testdata/everything-template_1.snap.json": definition, "docs/job.asl.json": definition})
	r, err := read(folder, module)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func TestASnapshotWithoutATemplateIsRefused(t *testing.T) {
	_, err := read(t.TempDir(), ".")
	if err == nil || !strings.Contains(err.Error(), "constructs/mapjob everything, ") || strings.Contains(err.Error(), "-definition") {
		t.Errorf("got error %v, expected one that lists the snapshots of this module", err)
	}
}

// Nobody registers a snapshot or an app.
func TestWhatIsNewNeedsATemplate(t *testing.T) {
	module, folder := t.TempDir(), t.TempDir()
	kept := func(name string) { write(t, folder, map[string]string{name: sound}) }
	refused := func(expected string) {
		t.Helper()
		if _, err := read(folder, module); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got error %v, expected %q", err, expected)
		}
	}
	refused("has no snapshots, expected to run in the module's folder")
	write(t, module, map[string]string{"internal/new/testdata/minimal-definition_1.snap.json": "{}", "internal/new/testdata/minimal-template_1.snap.json": "{}"})
	refused("lacks the templates of the snapshots internal/new minimal: ")
	kept("internal/new/minimal.template.json")
	write(t, module, map[string]string{"examples/new/shop/app.go": standsIn})
	refused("lacks the templates of the app examples/new/shop: ")
	kept("examples/new/Shop.template.json")       // is not its own
	kept("examples/new/shopping/x.template.json") // nor is this
	refused("lacks the templates of the app examples/new/shop: ")
	kept("examples/new/shop/Shop.template.json")
	write(t, module, map[string]string{"docs/new/a.asl.json": "{}", "internal/asl/testdata/wrong.asl.json": "{}", "node_modules/a.asl.json": "{}"})
	r, err := read(folder, module)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if len(r.templates) != 4 || len(r.definitions) != 1 || r.definitions[filepath.Join(module, "docs/new/a.asl.json")] != "docs/new/a.asl.json" {
		t.Errorf("got the templates %v and definitions %v, expected 4 templates and docs/new/a.asl.json", r.templates, r.definitions)
	}
}

// rules lists what a check finds, without what is accepted.
func rules(t *testing.T, name string, r *reviewed) []string {
	t.Helper()
	i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
	found, err := checks[i].find(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range found {
		f.Check = name
		if accepting(accepted, f) < 0 {
			list = append(list, f.Rule+" "+f.Snapshot+" "+f.At)
		}
	}
	return list
}

func TestFaultsOfTemplatesAreFound(t *testing.T) {
	wrong := strings.Replace(sound, "30", `"long"`, 1)
	for _, name := range []string{"cloudformation-validate", "cfn-lint"} {
		if _, installed := os.Stat("test/node_modules"); installed != nil {
			t.Fatal("found no tools in test/node_modules: run make test, which installs them")
		}
		if name == "cfn-lint" {
			if _, err := exec.LookPath(name); err != nil {
				t.Log("NOT TESTED: cfn-lint is not in PATH")
				continue
			}
		}
		got := rules(t, name, keep(t, map[string]string{
			"constructs/queue/everything.template.json": sound, "constructs/queue/wrong.template.json": wrong,
		}))
		if len(got) != 1 || !strings.Contains(got[0], "3012 constructs/queue wrong ") || !strings.Contains(got[0], "VisibilityTimeout") {
			t.Errorf("%s: got %q, expected E3012 or F3012 of the VisibilityTimeout only", name, got)
		}
	}
}

// Definitions of this project are in JSONata, and have Distributed Maps.
func TestFaultsOfDefinitionsAreFound(t *testing.T) {
	const whole = `{"QueryLanguage": "JSONata", "StartAt": "Map", "States": {"Map": {"Type": "Map", "End": true,
		"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Arguments": {"Bucket": "b", "Key": "{% $states.input.key %}"}},
		"ItemBatcher": {"MaxItemsPerBatch": 10}, "MaxConcurrency": 5, "ToleratedFailurePercentage": "{% $tolerated %}", "Label": "Map",
		"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b", "Prefix": "p"}, "WriterConfig": {"OutputType": "JSONL", "Transformation": "FLATTEN"}},
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Work", "States": {"Work":
			{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}, "Assign": {"a": "{% 1 %}"}, "Output": "{% $states.result.Payload %}", "End": true}}}}}}`
	for change, expected := range map[[2]string]string{
		{"", ""}: "",
		{`"{% $states.input.key %}"`, `"{% $states.input. %}"`}:         "SCHEMA_VALIDATION_FAILED",
		{`"Mode": "DISTRIBUTED"`, `"Mode": "SPREAD"`}:                   "SCHEMA_VALIDATION_FAILED",
		{`{"InputType": "JSONL"}`, `"JSONL"`}:                           "SCHEMA_VALIDATION_FAILED",
		{`"MaxItemsPerBatch": 10`, `"MaxItemsPerBatch": "ten"`}:         "SCHEMA_VALIDATION_FAILED",
		{`"StartAt": "Work"`, `"StartAt": "Rest"`}:                      "MISSING_TRANSITION_TARGET",
		{`"Label": "Map"`, `"Label": "Map", "ItemsPath": "$.items"`}:    "SCHEMA_VALIDATION_FAILED",
		{`"Output": "{%`, `"Next": "Map", "Output": "{%`}:               "TERMINAL_STATE_WITH_NEXT",
		{`"Type": "Map", "End": true`, `"Type": "Map", "Next": "Lost"`}: "MISSING_TRANSITION_TARGET",
	} {
		definition := strings.Replace(whole, change[0], change[1], 1)
		text, err := json.Marshal(map[string]any{"Resources": map[string]any{"Machine": map[string]any{
			"Type": "AWS::StepFunctions::StateMachine", "Properties": map[string]any{"DefinitionString": definition}}}})
		if err != nil {
			t.Fatal(err)
		}
		got := rules(t, "asl-validator", keep(t, map[string]string{"constructs/queue/everything.template.json": string(text)}))
		if (expected == "" && len(got) > 0) || (expected != "" && (len(got) == 0 || !strings.HasPrefix(got[0], expected+" constructs/queue everything Machine"))) {
			t.Errorf("with %s for %s: got %q, expected %q", change[1], change[0], got, expected)
		}
	}
}

func TestFindingsOfCDKNagAreRead(t *testing.T) {
	const line = `[{"ruleId": "AwsSolutions-SQS4", "resourceId": "Test/Queue/Resource", "compliance": "COMPLIANCE"},
		{"ruleId": "NIST.800.53.R5-LambdaDLQ", "resourceId": "Test/F", "compliance": "Compliant"}]`
	for compliance, expected := range map[string][]string{
		"Compliant": nil, "Suppressed": nil,
		"Non-Compliant": {"AwsSolutions-SQS4 constructs/queue everything Test/Queue"},
		"UNKNOWN":       {"AwsSolutions-SQS4 constructs/queue everything Test/Queue"}, // the rule has failed
	} {
		got := rules(t, "cdk-nag", keep(t, map[string]string{
			"constructs/queue/everything.template.json": sound,
			"constructs/queue/everything.nag.json":      strings.Replace(line, "COMPLIANCE", compliance, 1),
		}))
		if !slices.Equal(got, expected) {
			t.Errorf("%s: got %q, expected %q", compliance, got, expected)
		}
	}
}

// The templates of apps are synthesized without cdk-nag.
func TestCDKNagLooksAtTemplates(t *testing.T) {
	const shop = `{"Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"}},
		"Resources": {
			"OpenA1": {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "Prod/Shop/Open/Resource"}},
			"AcceptedB2": {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "Prod/Shop/Accepted/Resource", "cdk_nag": {"rules_to_suppress":
				[{"id": "AwsSolutions-S1", "reason": "a bucket of a test"}]}}}}}`
	files := map[string]string{
		"constructs/queue/everything.template.json": sound,
		"constructs/queue/everything.nag.json":      `[{"ruleId": "AwsSolutions-SQS4", "compliance": "Compliant"}, {"ruleId": "NIST.800.53.R5-X", "compliance": "Compliant"}]`,
		"examples/shop/Shop.template.json":          shop,
	}
	got := rules(t, "cdk-nag", keep(t, files))
	for expected, found := range map[string]bool{
		"AwsSolutions-S1 examples/shop Shop Prod/Shop/Open":                                 true,
		"AwsSolutions-S10 examples/shop Shop Prod/Shop/Open":                                true,
		"NIST.800.53.R5-S3BucketSSLRequestsOnly examples/shop Shop Prod/Shop/Open":          true,
		"AwsSolutions-S1 examples/shop Shop Prod/Shop/Accepted":                             false,
		"AwsSolutions-S10 examples/shop Shop Prod/Shop/Accepted":                            true,
		"NIST.800.53.R5-S3BucketSSLRequestsOnly constructs/queue everything Prod/Shop/Open": false,
	} {
		if slices.Contains(got, expected) != found {
			t.Errorf("got %q, expected %s: %t", got, expected, found)
		}
	}

	find := func(files map[string]string) error {
		_, err := nag(t.Context(), keep(t, files))
		return err
	}
	files["examples/shop/Shop.template.json"] = `{"Resources": {"A": {"Type": "AWS::SQS::Queue", "DependsOn": "None"}}}`
	if err := find(files); err == nil || !strings.Contains(err.Error(), "None") {
		t.Errorf("got error %v of a template that can't be included, expected one", err)
	}
	files["examples/shop/Shop.template.json"] = `{"Resources": {"A": {"Type": "AWS::CDK::Metadata"}}}`
	files["examples/other/Other.template.json"] = shop
	if err := find(files); err == nil || !strings.Contains(err.Error(), "examples/shop Shop: got no rule that looked at the template") {
		t.Errorf("got error %v of a template that no rule looks at, expected one", err)
	}
	delete(files, "examples/shop/Shop.template.json")
	delete(files, "examples/other/Other.template.json")
	files["constructs/queue/everything.nag.json"] = `[{"ruleId": "AwsSolutions-SQS4", "compliance": "Compliant"}]`
	if err := find(files); err == nil || !strings.Contains(err.Error(), `got the rules ["AwsSolutions"], expected`) {
		t.Errorf("got error %v of reports with one pack of rules, expected one", err)
	}
}

// Other stacks give names to a template, and people give parameters.
func TestDefinitionsOfATemplateAlone(t *testing.T) {
	const text = `{"Parameters": {"Currency": {"Type": "String"}}, "Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties":
		{"DefinitionString": {"Fn::Join": ["", ["{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"Lost\", \"Comment\": \"",
			{"Fn::ImportValue": "Worker"}, {"Ref": "Currency"}, "\"}}}"]]}}}}}`
	r := keep(t, map[string]string{"constructs/queue/everything.template.json": sound, "test/script/estate/Jobs.template.json": text})
	if got := rules(t, "asl-validator", r); len(got) == 0 || !strings.HasPrefix(got[0], "MISSING_TRANSITION_TARGET test/script/estate Jobs Machine") {
		t.Errorf("got %q, expected the state that is missing", got)
	}
}

func TestAcceptances(t *testing.T) {
	list := []acceptance{{"cdk-nag", "R1", `^constructs/queue \w+: Test/Job`, ` everything: `, "a reason"}}
	for _, c := range []struct {
		f        finding
		expected int
	}{
		{finding{Check: "cdk-nag", Rule: "R1", Snapshot: "constructs/queue minimal", At: "Test/Job/Logs"}, 0},
		{finding{Check: "cdk-nag", Rule: "R1", Snapshot: "constructs/queue everything", At: "Test/Job/Logs"}, -1},
		{finding{Check: "cdk-nag", Rule: "R2", Snapshot: "constructs/queue minimal", At: "Test/Job/Logs"}, -1},
		{finding{Check: "cfn-lint", Rule: "R1", Snapshot: "constructs/queue minimal", At: "Test/Job/Logs"}, -1},
		{finding{Check: "cdk-nag", Rule: "R1", Snapshot: "constructs/queue minimal", At: "Test/Other"}, -1},
	} {
		if got := accepting(list, c.f); got != c.expected {
			t.Errorf("%v: got %d, expected %d", c.f, got, c.expected)
		}
	}
	for _, a := range accepted {
		if len(a.reason) < 20 || !slices.ContainsFunc(checks, func(c check) bool { return c.name == a.check }) {
			t.Errorf("got %+v, expected the name of a check, and a reason", a)
		}
	}
}

func TestUnusedAcceptancesAreFaults(t *testing.T) {
	var out strings.Builder
	counts := judge(&out, map[string][]finding{"cdk-nag": {{Check: "cdk-nag", Rule: "R1", Snapshot: "a b", At: "c"}}},
		[]acceptance{{"cdk-nag", "R1", "", "", ""}, {"cdk-nag", "R2", "nowhere", "", ""}, {"cfn-lint", "W1", "", "", ""}})
	if counts != 1 || !strings.Contains(out.String(), `R2 is accepted in "nowhere", and was not found`) {
		t.Errorf("got %d faults and %q, expected one, about R2: cfn-lint did not run", counts, out.String())
	}
}
