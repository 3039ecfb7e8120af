package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
	"github.com/mapjob/mapjob/internal/template"
)

// functionFolder has testdata/function, built as bootstrap.
var functionFolder string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "stack")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	functionFolder = folder
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(folder, "bootstrap"), "./testdata/function")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the test function does not build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// object is a JSON object.
type object = map[string]any

// machine returns a state machine of a template, with a definition in JSONata.
func machine(startAt string, states object) object {
	definition, err := json.Marshal(object{"QueryLanguage": "JSONata", "StartAt": startAt, "States": states})
	if err != nil {
		panic(err)
	}
	return object{"Type": "AWS::StepFunctions::StateMachine", "Properties": object{"DefinitionString": string(definition)}}
}

// single returns a state machine of one task, whose result is its output.
func single(resource string, arguments any, more object) object {
	state := object{"Type": "Task", "Resource": resource, "End": true}
	if arguments != nil {
		state["Arguments"] = arguments
	}
	maps.Copy(state, more)
	return machine("Task", object{"Task": state})
}

// table returns a table of a template, with the string key id.
func table() object {
	return object{"Type": "AWS::DynamoDB::Table", "Properties": object{
		"KeySchema":            []object{{"AttributeName": "id", "KeyType": "HASH"}},
		"AttributeDefinitions": []object{{"AttributeName": "id", "AttributeType": "S"}},
	}}
}

// function returns the function of testdata.
func function() object {
	return object{"Type": "AWS::Lambda::Function", "Properties": object{
		"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 20, "Code": object{"S3Key": "function"},
	}}
}

// start starts a stack, named Stack, with these resources until the test ends.
func start(t *testing.T, resources object) *Stack {
	t.Helper()
	c, err := tryStart(t, resources, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryStart(t *testing.T, resources object, options Options) (*Stack, error) {
	t.Helper()
	folder := t.TempDir()
	for file, content := range map[string]any{
		"manifest.json": object{"artifacts": object{
			"Stack":        object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "template.json"}},
			"Stack.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "assets.json"}},
		}},
		"assets.json": object{"files": object{"function": object{
			"source": object{"path": "function"}, "destinations": object{"here": object{"objectKey": "function"}},
		}}},
		"template.json": object{"Resources": resources},
	} {
		text, err := json.Marshal(content)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, file), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(functionFolder, filepath.Join(folder, "function")); err != nil {
		t.Fatal(err)
	}
	assembly, err := template.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	options.Folder = cmp.Or(options.Folder, t.TempDir())
	c, err := Start(context.Background(), synthesized, options)
	dynamodbtest.SkipWithout(t, err)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, nil
}

// execute runs a state machine of the stack.
func execute(t *testing.T, c *Stack, name, input string) *engine.Execution {
	t.Helper()
	x, err := tryExecute(c, name, input)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func tryExecute(c *Stack, name, input string) (*engine.Execution, error) {
	m, err := c.Machine(name)
	if err != nil {
		return nil, err
	}
	return c.Execute(context.Background(), m, Execution{Input: []byte(input)})
}

// output runs a state machine, which has to succeed, and returns its output.
func output(t *testing.T, c *Stack, name, input string) object {
	t.Helper()
	return enginetest.Output(t, execute(t, c, name, input))
}
