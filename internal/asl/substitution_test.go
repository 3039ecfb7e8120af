package asl_test

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
)

// template has substitutions in all the places in which templates of
// CloudFormation and Terraform have them.
const template = `{"StartAt": "Wait", "TimeoutSeconds": ${Limit}, "States": {
  "Wait": {"Type": "Wait", "Seconds": ${Seconds}, "Next": "Choose"},
  "Choose": {"Type": "Choice", "Choices": [{"Variable": "$.${Field}", "NumericGreaterThan": ${Least}, "Next": "Map"}]},
  "Map": {"Type": "Map", "MaxConcurrency": "${Concurrency}", "ItemsPath": "${Items}", "ResultPath": "$.${Result}", "Retry": ${Retry},
    "ItemProcessor": {"StartAt": "Work", "States": {"Work": {
      "Type": "Task", "Resource": "arn:${AWS::Partition}:states:::lambda:invoke", "End": true,
      "Parameters": {"FunctionName": "${Function}", "Payload": {"limit": ${Most}, "path.$": "$.${Path}", "text.$": "States.Format('${A}-{}', $.b, ${C})"}}}}},
    "Next": "Read"},
  "Read": {"Type": "Map", "ItemReader": {"Resource": "${Get}", "ReaderConfig": {"InputType": "${Kind}", "CSVHeaderLocation": "FIRST_ROW"}, "Parameters": {"Bucket": "b", "Key": "k"}},
    "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": true}}},
    "ResultWriter": {"Resource": "arn:aws:states:::s3:${Put}", "Parameters": {"Bucket": "b"}}, "Next": "Compute"},
  "Compute": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% ${Number} + 1 %}", "End": true}
}}`

func TestSubstitutionsParse(t *testing.T) {
	t.Parallel()
	machine, err := asl.Parse([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	work := machine.State("Map").Map.Processor.State("Work")
	if r := work.Task.Resource; r.Service != "lambda" || r.Action != "invoke" {
		t.Errorf("got service %q and action %q, expected lambda and invoke", r.Service, r.Action)
	}
	err = machine.CheckSubstitutions()
	if err == nil {
		t.Fatal("got no error, expected one for each field with a substitution")
	}
	for _, expected := range []string{
		"$.TimeoutSeconds (line 1): got \"${Limit}\"",
		"$.States.Wait.Seconds (line 2): got \"${Seconds}\"",
		"$.States.Choose.Choices[0].Variable (line 3)",
		"$.States.Map.MaxConcurrency (line 4)",
		"$.States.Map.ItemsPath (line 4)",
		"$.States.Map.ResultPath (line 4)",
		"$.States.Map.Retry (line 4)",
		"$.States.Map.ItemProcessor.States.Work.Parameters.Payload.path.$ (line 7)",
		"$.States.Map.ItemProcessor.States.Work.Parameters.Payload.text.$ (line 7)",
		"$.States.Read.ItemReader.Resource (line 9): got \"${Get}\"",
		"$.States.Read.ItemReader.ReaderConfig.InputType (line 9)",
		"$.States.Read.ResultWriter.Resource (line 11)",
		"$.States.Compute.Output (line 12)",
	} {
		if !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
	// Part of a string is just text, so these fields can be run.
	for _, unexpected := range []string{"FunctionName", "Work.Resource"} {
		if strings.Contains(err.Error(), unexpected) {
			t.Errorf("got %v, expected no problem with %s", err, unexpected)
		}
	}
}

func TestWhatIsWrongBesideASubstitutionIsRefused(t *testing.T) {
	t.Parallel()
	for definition, expected := range map[string]string{
		`{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${S}, "Nxet": "A", "End": true}}}`:       "$.States.A.Nxet (line 1)",
		"{\"StartAt\": \"A\",\n\"States\": {\"A\": {\"Type\": \"Wait\", \"Seconds\": ${S}, \"End\": tru}}}":    "$ (line 2): got text that is not JSON",
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "order", "End": true}}}`:               "$.States.A.InputPath",
		`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "lambda-{name}", "End": true}}}`:        "$.States.A.Resource",
		`{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": "$" , "Comment": "${S}", "End": true}}}`: "$.States.A.Seconds",
	} {
		if _, err := asl.Parse([]byte(definition)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
	complete, err := asl.Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Text}", "End": true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := complete.CheckSubstitutions(); err != nil {
		t.Errorf("got %v, expected no error", err)
	}
}
