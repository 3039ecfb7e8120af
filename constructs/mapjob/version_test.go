package mapjob_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/test/synthesis"
)

const versionType = "AWS::Lambda::Version"

// pinnedJob returns the template of a job that pins its versions. Its worker has a
// variable.
func pinnedJob(t *testing.T, variable string, edit func(*mapjob.Props)) *synthesis.Template {
	stack := synthesis.Stack(t)
	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), Environment: &map[string]*string{"VERSION": &variable}})
	props := &mapjob.Props{Worker: worker, JobStart: function(stack, "JobStart"), PinVersions: jsii.Bool(true)}
	if edit != nil {
		edit(props)
	}
	mapjob.New(stack, jsii.String("Job"), props)
	return synthesis.Synthesize(t, stack)
}

// workerVersions lists the logical IDs of the versions of the worker.
func workerVersions(template *synthesis.Template) (ids []string) {
	for id := range template.OfType(versionType) {
		if strings.HasPrefix(id, "Worker") {
			ids = append(ids, id)
		}
	}
	return ids
}

func TestPinnedVersionsStay(t *testing.T) {
	template := pinnedJob(t, "1", nil)
	versions := template.OfType(versionType)
	if len(versions) != 3 {
		t.Fatalf("got versions %v, expected one of each function", slices.Sorted(maps.Keys(versions)))
	}
	definition := fmt.Sprint(template.Only(t, machineType).Properties["DefinitionString"])
	for id, version := range versions {
		if version.DeletionPolicy != "Retain" || version.UpdateReplacePolicy != "Retain" {
			t.Errorf("%s: got deletion policy %q and %q, expected Retain", id, version.DeletionPolicy, version.UpdateReplacePolicy)
		}
		if !strings.Contains(definition, "map[Ref:"+id+"]") {
			t.Errorf("got the definition %s, expected it to invoke %s", definition, id)
		}
		function := fmt.Sprint(version.Properties["FunctionName"].(map[string]any)["Ref"])
		if strings.Contains(definition, "map[Fn::GetAtt:["+function+" Arn]]") {
			t.Errorf("got the definition %s, expected it not to invoke %s", definition, function)
		}
		// An execution that runs during a deployment invokes an earlier version.
		earlier := `{"Fn::Join":["",[{"Fn::GetAtt":["` + function + `","Arn"]},":*"]]}`
		if !slices.ContainsFunc(template.Statements("JobRole"), func(s string) bool {
			return strings.Contains(s, `"lambda:InvokeFunction"`) && strings.Contains(s, earlier)
		}) {
			t.Errorf("got statements %q, expected one that allows to invoke %s", template.Statements("JobRole"), earlier)
		}
	}
}

// A version is published exactly if its function changes.
func TestAVersionIsPublishedIfItsFunctionChanges(t *testing.T) {
	before := workerVersions(pinnedJob(t, "1", nil))
	if len(before) != 1 {
		t.Fatalf("got versions %v of the worker, expected one", before)
	}
	for _, c := range []struct {
		name, variable string
		edit           func(*mapjob.Props)
		published      bool
	}{
		{"nothing", "1", nil, false},
		{"the job", "1", func(p *mapjob.Props) { p.WorkerRetries = jsii.Number(7) }, false},
		{"the job's mode", "1", func(p *mapjob.Props) { p.Mode = &mapjob.ByReference{} }, false},
		{"a variable", "2", nil, true},
	} {
		after := workerVersions(pinnedJob(t, c.variable, c.edit))
		if published := !slices.Equal(before, after); published != c.published {
			t.Errorf("%s changes: got versions %v, then %v, expected a new one: %t", c.name, before, after, c.published)
		}
	}
}

// Functions are built when the app is synthesized, and their versions follow what was
// built.
func TestAVersionIsPublishedIfItsCodeChanges(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/worker\n\ngo 1.26\n")
	synthesize := func(source string) []string {
		write("main.go", source)
		stack := awscdk.NewStack(synthesis.App(t, map[string]any{"aws:cdk:bundling-stacks": []string{"**"}}), jsii.String("Test"), nil)
		worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: &folder})
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: worker, Mode: &mapjob.Inline{}, PinVersions: jsii.Bool(true)})
		return workerVersions(synthesis.Synthesize(t, stack))
	}
	first := synthesize("package main\n\nfunc main() { println(1) }\n")
	if again := synthesize("package main\n\nfunc main() { println(1) }\n"); len(first) != 1 || !slices.Equal(first, again) {
		t.Errorf("got versions %v, then %v, expected the same one of the same program", first, again)
	}
	if second := synthesize("package main\n\nfunc main() { println(2) }\n"); slices.Equal(first, second) {
		t.Errorf("got versions %v of two programs, expected different ones", first)
	}
}

func TestVersionsOfGivenFunctions(t *testing.T) {
	for _, c := range []struct {
		name    string
		worker  func(awscdk.Stack) awslambda.IFunction
		refused string
	}{
		{"a function", func(s awscdk.Stack) awslambda.IFunction { return function(s, "W") }, ""},
		{"a version", func(s awscdk.Stack) awslambda.IFunction { return function(s, "W").CurrentVersion() }, ""},
		{"an imported version", func(s awscdk.Stack) awslambda.IFunction {
			return awslambda.Version_FromVersionArn(s, jsii.String("W"), jsii.String("arn:aws:lambda:us-east-1:123456789012:function:w:7"))
		}, ""},
		{"an alias", func(s awscdk.Stack) awslambda.IFunction { return function(s, "W").AddAlias(jsii.String("live"), nil) },
			"PinVersions: got an imported function or an alias as Worker, expected a function of this app or a version"},
		{"an imported function", func(s awscdk.Stack) awslambda.IFunction {
			return awslambda.Function_FromFunctionArn(s, jsii.String("W"), jsii.String("arn:aws:lambda:us-east-1:123456789012:function:w"))
		}, "PinVersions: got an imported function or an alias as Worker, expected a function of this app or a version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			create := func() {
				mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: c.worker(stack), PinVersions: jsii.Bool(true)})
			}
			if c.refused == "" {
				create()
			} else if message := synthesis.Panics(t, create); !strings.Contains(message, c.refused) {
				t.Errorf("got %q, expected it to contain %q", message, c.refused)
			}
		})
	}
}
