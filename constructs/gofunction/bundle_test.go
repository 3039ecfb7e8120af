package gofunction_test

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/test/synthesis"
)

// bundled is the context of an app whose functions are built.
var bundled = map[string]any{"aws:cdk:bundling-stacks": []string{"**"}}

// module writes a module of its own into a new folder, with the given files.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	files["go.mod"] = "module example.com/functions\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const nothing = "package main\n\nfunc main() {}\n"

// builtFunctions synthesizes a function for each folder, and returns the bytes of
// their executables by construct, from the assets that the template names.
func builtFunctions(t *testing.T, folders map[string]string, architectures map[string]awslambda.Architecture) map[string][]byte {
	t.Helper()
	app := synthesis.App(t, bundled)
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	for id, folder := range folders {
		gofunction.New(stack, &id, &gofunction.Props{Entry: &folder, Architecture: architectures[id]})
	}
	template := synthesis.Synthesize(t, stack)
	executables := map[string][]byte{}
	for logicalID, resource := range template.OfType("AWS::Lambda::Function") {
		key, _ := resource.Properties["Code"].(map[string]any)["S3Key"].(string)
		folder := filepath.Join(*app.Outdir(), "asset."+strings.TrimSuffix(key, ".zip"))
		path := filepath.Join(folder, "bootstrap")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatalf("%s: %v", logicalID, err)
		}
		if runtime.GOOS != "windows" && info.Mode()&0o111 != 0o111 {
			t.Errorf("%s: got mode %s, expected an executable", logicalID, info.Mode())
		}
		if files, _ := os.ReadDir(folder); len(files) != 1 {
			t.Errorf("%s: got the files %v, expected bootstrap alone", logicalID, files)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(logicalID, "Function")
		executables[id] = text
	}
	return executables
}

func TestFunctionsAreBuilt(t *testing.T) {
	folder := module(t, map[string]string{"a/worker/main.go": nothing, "b/worker/main.go": "package main\n\nfunc main() { println(1) }\n"})
	first, second := filepath.Join(folder, "a", "worker"), filepath.Join(folder, "b", "worker")
	executables := builtFunctions(t,
		map[string]string{"First": first, "Second": second, "Again": first, "Intel": first},
		map[string]awslambda.Architecture{"Intel": awslambda.Architecture_X86_64()})
	for id, expected := range map[string]elf.Machine{"First": elf.EM_AARCH64, "Second": elf.EM_AARCH64, "Again": elf.EM_AARCH64, "Intel": elf.EM_X86_64} {
		file, err := elf.NewFile(bytes.NewReader(executables[id]))
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if file.Machine != expected {
			t.Errorf("%s: got an executable for %s, expected %s", id, file.Machine, expected)
		}
	}
	if bytes.Equal(executables["First"], executables["Second"]) {
		t.Error("got one executable for two packages whose folders have the same name, expected two")
	}
	if !bytes.Equal(executables["First"], executables["Again"]) {
		t.Error("got two executables for two functions with one package, expected one")
	}
}

func TestExecutablesDoNotDependOnFoldersAndComments(t *testing.T) {
	build := func(comment string) []byte {
		folder := filepath.Join(module(t, map[string]string{"worker/main.go": "package main // " + comment + "\n\nfunc main() {}\n"}), "worker")
		return builtFunctions(t, map[string]string{"Worker": folder}, nil)["Worker"]
	}
	t.Setenv("GOFLAGS", "-race -tags=other")
	first := build("before")
	t.Setenv("GOFLAGS", "")
	if !bytes.Equal(first, build("after")) {
		t.Error("got other bytes in another folder, with other GOFLAGS and another comment, expected the same")
	}
}

func TestErrorsOfTheCompilerNameFileAndLine(t *testing.T) {
	folder := module(t, map[string]string{
		"one/main.go": "package main\n\nfunc main() { missing() }\n",
		"two/main.go": "package main\n\nvar number int = \"text\"\n\nfunc main() {}\n",
	})
	app := synthesis.App(t, bundled)
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	for _, name := range []string{"one", "two"} {
		gofunction.New(stack, &name, &gofunction.Props{Entry: jsii.String(filepath.Join(folder, name))})
	}
	message := synthesis.Panics(t, func() { app.Synth(nil) })
	for _, expected := range []string{"building functions in " + folder, "one/main.go:3:15: undefined: missing", "two/main.go:3:18: cannot use"} {
		if strings.Count(message, expected) != 1 {
			t.Errorf("got %q, expected it to contain %q once", message, expected)
		}
	}
}

// Errors in what Node.js calls, at first in Go and then in the CDK.
func TestAnAssetThatCannotBeMadeEndsTheSynthesis(t *testing.T) {
	for name, c := range map[string]struct {
		context  map[string]any
		spoil    func(app awscdk.App, folder string) error
		expected string
	}{
		"no executable": {bundled, func(app awscdk.App, folder string) error {
			text, err := json.Marshal(map[string]any{
				"Package":      map[string]string{"folder": folder, "source": filepath.Join(folder, "worker"), "importPath": "example.com/functions/worker", "executable": "worker"},
				"Architecture": "arm64", "Path": filepath.Join(folder, "gone"),
			})
			app.Node().AddMetadata(jsii.String("mapjob:built"), string(text), nil)
			return err
		}, "gone: no such file or directory"},
		"no sources": {nil, func(_ awscdk.App, folder string) error {
			return os.RemoveAll(filepath.Join(folder, "worker"))
		}, "Cannot find asset at "},
	} {
		t.Run(name, func(t *testing.T) {
			folder, err := filepath.EvalSymlinks(module(t, map[string]string{"worker/main.go": nothing}))
			if err != nil {
				t.Fatal(err)
			}
			app := synthesis.App(t, c.context)
			stack := awscdk.NewStack(app, jsii.String("Test"), nil)
			gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String(filepath.Join(folder, "worker"))})
			if err := c.spoil(app, folder); err != nil {
				t.Fatal(err)
			}
			message := synthesis.Panics(t, func() { app.Synth(nil) })
			if !strings.Contains(message, "Validation failed") || !strings.Contains(message, c.expected) {
				t.Errorf("got %q, expected a failed validation with %q", message, c.expected)
			}
			awscdk.NewApp(nil) // Node.js goes on to answer
		})
	}
}

func TestOnlyFunctionsOfBundledStacksAreBuilt(t *testing.T) {
	folder := module(t, map[string]string{"good/main.go": nothing, "bad/main.go": "package main\n\nfunc main() { missing() }\n"})
	app := synthesis.App(t, map[string]any{"aws:cdk:bundling-stacks": []string{"Good"}})
	for id, name := range map[string]string{"Good": "good", "Bad": "bad"} {
		stack := awscdk.NewStack(app, &id, nil)
		gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String(filepath.Join(folder, name))})
	}
	app.Synth(nil)
	if assets, _ := filepath.Glob(filepath.Join(*app.Outdir(), "asset.*")); len(assets) != 1 {
		t.Errorf("got the assets %v, expected one", assets)
	}
}

func TestFunctionsOfStagesAreBuilt(t *testing.T) {
	folder := filepath.Join(module(t, map[string]string{"worker/main.go": nothing}), "worker")
	app := synthesis.App(t, bundled)
	for _, name := range []string{"Beta", "Prod"} {
		stage := awscdk.NewStage(app, &name, nil)
		gofunction.New(awscdk.NewStack(stage, jsii.String("Shop"), nil), jsii.String("Worker"), &gofunction.Props{Entry: &folder})
	}
	app.Synth(nil)
	if assets, _ := filepath.Glob(filepath.Join(*app.Outdir(), "asset.*", "bootstrap")); len(assets) != 1 {
		t.Errorf("got the assets %v, expected one for both stages", assets)
	}
}

func TestForThisMachineFunctionsNameTheirPackages(t *testing.T) {
	app := synthesis.App(t, map[string]any{"mapjob:local": true, "aws:cdk:bundling-stacks": []string{"**"}})
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String(entry)})
	function := synthesis.Synthesize(t, stack).Only(t, "AWS::Lambda::Function")
	text, err := json.Marshal(function.Metadata["mapjob:package"])
	if err != nil {
		t.Fatal(err)
	}
	if expected := `"importPath":"github.com/mapjob/mapjob/lambdas/worker"`; !strings.Contains(string(text), expected) {
		t.Errorf("got the metadata %s, expected it to contain %s", text, expected)
	}
	if assets, _ := filepath.Glob(filepath.Join(*app.Outdir(), "asset.*")); len(assets) > 0 {
		t.Errorf("got the assets %v, expected none to be built", assets)
	}
}

func TestOnlyMainPackagesAreFunctions(t *testing.T) {
	folder := module(t, map[string]string{"library/library.go": "package library\n", "empty/README": ""})
	for entry, expected := range map[string]string{
		"job":                            `Entry: got "job", which is package job, expected package main`,
		filepath.Join(folder, "library"): "which is package library, expected package main",
		filepath.Join(folder, "empty"):   "no Go files",
	} {
		stack := synthesis.Stack(t)
		message := synthesis.Panics(t, func() {
			gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: &entry})
		})
		if !strings.Contains(message, expected) {
			t.Errorf("got %q, expected it to contain %q", message, expected)
		}
	}
}
