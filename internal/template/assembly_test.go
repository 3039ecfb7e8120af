package template

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type object = map[string]any

// written is a stack of an assembly that a test writes.
type written struct {
	template    any
	environment string
	depends     []string
	path        string
	name        string
}

func stackOf(t *testing.T, template string) written {
	t.Helper()
	var parsed object
	if err := json.Unmarshal([]byte(template), &parsed); err != nil {
		t.Fatal(err)
	}
	return written{template: parsed}
}

// read writes an assembly and reads it. Members are stacks, and by a name that ends
// in .json templates of nested stacks.
func read(t *testing.T, members object) *Assembly {
	t.Helper()
	folder := t.TempDir()
	artifacts, files := object{"Assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "assets.json"}}}, object{}
	for name, member := range members {
		content := member
		if s, ok := member.(written); ok {
			content = s.template
			artifacts[name] = object{"type": "aws:cloudformation:stack", "environment": s.environment, "dependencies": s.depends, "displayName": s.path,
				"properties": object{"templateFile": name, "stackName": s.name}}
		} else {
			files[name] = object{"source": object{"path": name}, "destinations": object{"here": object{"objectKey": name}}}
		}
		write(t, filepath.Join(folder, name), content)
	}
	write(t, filepath.Join(folder, "assets.json"), object{"files": files})
	write(t, filepath.Join(folder, "manifest.json"), object{"artifacts": artifacts})
	a, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func write(t *testing.T, file string, content any) {
	t.Helper()
	text, err := json.Marshal(content)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// estate is what `go run ./test/script/estate` has synthesized, without assets and
// without what no test looks at.
func estate(t *testing.T) *Assembly {
	t.Helper()
	a, err := Read("testdata/estate")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestStagesAndNestedStacksAreRead(t *testing.T) {
	a := estate(t)
	var got []string
	for _, s := range a.Stacks() {
		got = append(got, s.Path+" "+s.Name+" "+s.Region)
	}
	expected := []string{"Dev/Far Dev-Far us-west-2", "Dev/Jobs Dev-Jobs eu-central-1", "Dev/Shared Dev-Shared eu-central-1",
		"Prod/Far Prod-Far us-west-2", "Prod/Jobs Prod-Jobs eu-central-1", "Prod/Shared Prod-Shared eu-central-1"}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("stacks (-expected +got):\n%s", diff)
	}
	s, err := a.Stack("Prod/Jobs")
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, r := range s.Resources("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine") {
		if !strings.Contains(r.ID, "Custom") {
			got = append(got, s.ShortName(r)+" "+r.PhysicalName())
		}
	}
	expected = []string{
		"Image Prod-Jobs-Image9D742C96", "NodeWorker Prod-Jobs-NodeWorker8B8E6738", "Prices Prod-Jobs-PricesStateMachineEBDEB1EC",
		"Scans Prod-Jobs-ScansStateMachine19340D50", "Nightly.Orders Prod-Jobs-Nightly41E225DE-OrdersStateMachine7AF3635A",
		"Prod.Shared.Worker Prod-Shared-Worker11F36D0F",
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("functions and state machines of Prod/Jobs (-expected +got):\n%s", diff)
	}
}

func TestValuesOfOtherStacks(t *testing.T) {
	a := estate(t)
	if err := a.SetParameters(map[string]string{"Currency": "EUR"}); err != nil {
		t.Fatal(err)
	}
	s, err := a.Stack("Prod-Jobs")
	if err != nil {
		t.Fatal(err)
	}
	orders, err := s.Find("Nightly/Orders", "job", "--job", "AWS::StepFunctions::StateMachine")
	if err != nil {
		t.Fatal(err)
	}
	var machine struct{ DefinitionString string }
	if err := orders.Decode(&machine); err != nil {
		t.Fatal(err)
	}
	if worker := "arn:aws:lambda:eu-central-1:111111111111:function:Prod-Shared-Worker11F36D0F"; !strings.Contains(machine.DefinitionString, worker) {
		t.Errorf("got %s, expected the worker of another stack, %s", machine.DefinitionString, worker)
	}
	worker, err := s.Find("NodeWorker", "function", "--function", "AWS::Lambda::Function")
	if err != nil {
		t.Fatal(err)
	}
	got, failed := worker.Members("Environment", "Variables")
	if diff := cmp.Diff(object{"ARCHIVE": "prod-far-archiveda4cb258", "CURRENCY": "EUR", "TAX": "19"}, got); diff != "" || len(failed) > 0 {
		t.Errorf("got errors %v and variables (-expected +got):\n%s", failed, diff)
	}
}

func TestParametersOfNestedStacks(t *testing.T) {
	nested := `{"Fn::Join": ["", ["https://s3.amazonaws.com/assets/", "inner.json"]]}`
	a := read(t, object{
		"Outer": stackOf(t, `{"Parameters": {"Size": {"Type": "Number"}, "Names": {"Type": "CommaDelimitedList", "Default": "a, b"}},
			"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": `+nested+`, "Parameters": {"Passed": {"Ref": "Size"}}}},
				"Reads": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": {"Ref": "Size"}, "Role": {"Fn::GetAtt": ["Inner", "Outputs.Doubled"]}, "Tags": {"Ref": "Names"}}}}}`),
		"inner.json": stackOf(t, `{"Parameters": {"Passed": {"Type": "String"}}, "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
			"Outputs": {"Doubled": {"Value": {"Fn::Sub": "${Passed}${Passed}"}}}}`).template,
	})
	s := a.stacks[0]
	reads := s.resources["Reads"]
	if _, err := reads.Properties("Timeout"); err == nil || !strings.Contains(err.Error(), "Reads (AWS::Lambda::Function): Timeout: parameter Size of stack Outer has no default, expected a value: give one with --parameter Size=VALUE") {
		t.Errorf("got error %v, expected the flag that sets the parameter", err)
	}
	for _, name := range []string{"Other", "Inner:Size"} {
		if err := a.SetParameters(map[string]string{name: "7"}); err == nil || !strings.Contains(err.Error(), "expected one of: Outer:Names, Outer:Size") {
			t.Errorf("%s: got error %v, expected a list of the parameters", name, err)
		}
	}
	if err := a.SetParameters(map[string]string{"Size": "seven"}); err == nil || err.Error() != `--parameter Size: got "seven", expected a number` {
		t.Errorf("got error %v, expected a number to be asked for", err)
	}
	if err := a.SetParameters(map[string]string{"Outer:Size": "7000000"}); err != nil {
		t.Fatal(err)
	}
	got, err := reads.Properties()
	if diff := cmp.Diff(object{"Timeout": json.Number("7000000"), "Role": "70000007000000", "Tags": []any{"a", "b"}}, got); err != nil || diff != "" {
		t.Errorf("got error %v and properties (-expected +got):\n%s", err, diff)
	}
}

func TestOnlyWhatIsWantedIsResolved(t *testing.T) {
	s := read(t, object{"Stack": stackOf(t, `{
		"Conditions": {"Never": {"Fn::Equals": [1, 2]}, "Unknown": {"Fn::Equals": [{"Ref": "Open"}, 2]}}, "Parameters": {"Open": {"Type": "String"}},
		"Resources": {
			"Group": {"Type": "AWS::EC2::SecurityGroup"},
			"Function": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "x", "VpcConfig": {"SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}]},
				"Environment": {"Variables": {"HOST": {"Fn::GetAtt": ["Group", "Host"]}, "NAME": "n"}}}},
			"None": {"Type": "AWS::Lambda::Function", "Condition": "Never"},
			"Perhaps": {"Type": "AWS::Lambda::Function", "Condition": "Unknown", "Properties": {"Handler": "x"}}}}`)}).stacks[0]
	var p struct{ Handler string }
	if err := s.resources["Function"].Decode(&p); err != nil || p.Handler != "x" {
		t.Errorf("got handler %q and error %v, expected x without the VPC's settings", p.Handler, err)
	}
	resolved, failed := s.resources["Function"].Members("Environment", "Variables")
	if resolved["NAME"] != "n" || failed["HOST"] == nil || len(resolved)+len(failed) != 2 {
		t.Errorf("got %v and errors %v, expected a value for one of two variables", resolved, failed)
	}
	var ids []string
	for _, r := range s.Resources("AWS::Lambda::Function") {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"Function", "Perhaps"}, ids); diff != "" {
		t.Errorf("functions whose condition may hold (-expected +got):\n%s", diff)
	}
	if err := s.resources["Perhaps"].Decode(&p); err == nil || !strings.Contains(err.Error(), "parameter Open of stack Stack has no default") {
		t.Errorf("got error %v, expected that of the condition", err)
	}
}

func TestVersionsAndAliasesAreTheFunction(t *testing.T) {
	s := read(t, object{"Stack": stackOf(t, `{"Resources": {
		"Function": {"Type": "AWS::Lambda::Function"},
		"Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
		"Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Fn::GetAtt": ["Function", "Arn"]}, "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]}}}}}`)}).stacks[0]
	for _, id := range []string{"Version", "Live"} {
		if v, err := s.ref(id); err != nil || v != "arn:aws:lambda:us-east-1:123456789012:function:Stack-Function" {
			t.Errorf("%s: got %v and error %v, expected the function's ARN", id, v, err)
		}
	}
}

func TestNamesOfNestedStacksOfOneClassDiffer(t *testing.T) {
	long := strings.Repeat("Long", 12)
	nested := func(id string) string {
		return `"` + id + `": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3/inner.json"}}`
	}
	a := read(t, object{
		long:         stackOf(t, `{"Resources": {`+nested("ANestedStackANestedStackResource1111AAAA")+`, `+nested("BNestedStackBNestedStackResource2222BBBB")+`}}`),
		"inner.json": stackOf(t, `{"Resources": {"Worker8B8E6738": {"Type": "AWS::Lambda::Function"}}}`).template,
	})
	functions := a.stacks[0].Resources("AWS::Lambda::Function")
	if len(functions) != 2 {
		t.Fatalf("got %d functions, expected one of each nested stack", len(functions))
	}
	a1, b1 := functions[0].PhysicalName(), functions[1].PhysicalName()
	if a1 == b1 || len(a1) > 64 || len(b1) > 64 {
		t.Errorf("got names %s and %s, expected two of at most 64 characters", a1, b1)
	}
}

func TestNamesThatFindNothingListWhatThereIs(t *testing.T) {
	a := estate(t)
	s, err := a.Stack("Prod/Jobs")
	if err != nil {
		t.Fatal(err)
	}
	for name, expected := range map[string]string{
		"Prices": "", "PricesStateMachineEBDEB1EC": "", "Prod/Jobs/Prices": "", "Jobs/Prices": "", "Orders": "", "Nightly.Orders": "",
		"":      "stack Prod/Jobs has 3 jobs, expected one: choose with --job: Prices, Scans, Nightly.Orders",
		"Rices": `got job "Rices", expected one of: Prices, Scans, Nightly.Orders`,
	} {
		r, err := s.Find(name, "job", "--job", "AWS::StepFunctions::StateMachine")
		if (err == nil) != (expected == "") || err != nil && err.Error() != expected {
			t.Errorf("%s: got %v and error %v, expected %q", name, r, err, expected)
		}
	}
	for name, expected := range map[string]string{
		"":     "the app has 6 stacks, expected one: choose with --stack: Dev/Far, Dev/Jobs, Dev/Shared, Prod/Far, Prod/Jobs, Prod/Shared",
		"Jobs": `got stack "Jobs", expected one of: Dev/Far, Dev/Jobs, Dev/Shared, Prod/Far, Prod/Jobs, Prod/Shared`,
	} {
		if _, err := a.Stack(name); err == nil || err.Error() != expected {
			t.Errorf("%s: got error %v, expected %q", name, err, expected)
		}
	}
}
