package definition_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/template/templatetest"
)

// object is a JSON object.
type object = map[string]any

const machineType = "AWS::StepFunctions::StateMachine"

// A definition may be in any of three properties, with or without substitutions.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	const expected = `{"StartAt":"Do","States":{"Do":{"End":true,"Result":{"n":5,"say":"a \"b\""},"Type":"Pass"}}}`
	inline := object{"StartAt": "Do", "States": object{"Do": object{"Type": "${Type}", "Result": object{"n": 5, "say": "${Say}"}, "End": true}}}
	text := `{"StartAt":"Do","States":{"Do":{"End":true,"Result":{"n":${N},"say":"a \\"b\\""},"Type":"${Type}"}}}`
	text = strings.ReplaceAll(text, `\\`, `\`)
	values := object{"Type": "Pass", "N": 5, "Say": `a "b"`, "Unused": "x"}
	for name, c := range map[string]struct {
		properties object
		file       string
		expected   string
	}{
		"a string":                  {object{"DefinitionString": text, "DefinitionSubstitutions": values}, "", expected},
		"a string with a reference": {object{"DefinitionString": object{"Fn::Join": []any{"", []any{`{"StartAt":"`, object{"Ref": "AWS::StackName"}, `"}`}}}}, "", `{"StartAt":"Stack"}`},
		"an object":                 {object{"Definition": inline, "DefinitionSubstitutions": values}, "", expected},
		"a file":                    {object{"DefinitionS3Location": object{"Bucket": "b", "Key": "one.json"}, "DefinitionSubstitutions": values}, text, expected},
		"a file of YAML":            {object{"DefinitionS3Location": object{"Bucket": "b", "Key": "one.yaml"}, "DefinitionSubstitutions": values}, "StartAt: ${Type}\n", "{\"StartAt\":\"Pass\"}\n"},
		"a broken file of YAML":     {object{"DefinitionS3Location": object{"Bucket": "b", "Key": "one.yml"}}, "A: 1\nA: 2\n", `one.yml:2: got text that is not YAML: mapping key "A" already defined at [1:1]`},
		"an unknown file":           {object{"DefinitionS3Location": object{"Bucket": "b", "Key": "two.json"}}, "", "DefinitionS3Location: got s3://b/two.json, expected an asset of the app"},
		"nothing":                   {object{}, "", "got 0 of DefinitionString, Definition and DefinitionS3Location, expected one"},
		"two":                       {object{"DefinitionString": text, "Definition": inline}, "", "got 2 of DefinitionString, Definition and DefinitionS3Location, expected one"},
		"a value that is not given": {object{"DefinitionString": text}, "", text},
	} {
		assets := map[string]string{}
		if location, ok := c.properties["DefinitionS3Location"].(object); ok && c.file != "" {
			assets[location["Key"].(string)] = c.file
		}
		stack, folder := templatetest.Stack(t, object{"Machine": object{"Type": machineType, "Properties": c.properties}}, assets)
		got, _, err := definition.Of(stack.Resources(machineType)[0])
		if err != nil {
			got = strings.TrimPrefix(err.Error(), folder+string(filepath.Separator))
		}
		if got != c.expected {
			t.Errorf("%s: got\n%s\nexpected\n%s", name, got, c.expected)
		}
	}
}
