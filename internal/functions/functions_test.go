package functions

import (
	"archive/zip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/gobuild"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/template"
)

type object = map[string]any

// synthesized writes an assembly with a stack of these resources, whose assets are
// files of the assembly, and reads it.
func synthesized(t *testing.T, resources object, assets map[string]func(path string) error) *template.Stack {
	t.Helper()
	folder, files := t.TempDir(), object{}
	for name, write := range assets {
		files[name] = object{"source": object{"path": name}, "destinations": object{"here": object{"objectKey": name}}}
		if err := write(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	contents := object{
		"manifest.json": object{"artifacts": object{
			"Assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "assets.json"}},
			"Stack":  object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "stack.json", "stackName": "Stack"}}}},
		"assets.json": object{"files": files},
		"stack.json":  object{"Resources": resources},
	}
	for name, content := range contents {
		text, err := json.Marshal(content)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	assembly, err := template.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// archive returns a writer of a zip file with files: their names, each with its text.
func archive(files ...string) func(path string) error {
	return func(path string) error {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		w := zip.NewWriter(file)
		for pair := range slices.Chunk(files, 2) {
			entry, err := w.Create(pair[0])
			if err == nil {
				_, err = entry.Write([]byte(pair[1]))
			}
			if err != nil {
				return err
			}
		}
		return w.Close()
	}
}

func TestFunctionsShareALayer(t *testing.T) {
	python := func(variables object) object {
		return object{"Type": "AWS::Lambda::Function", "Properties": object{"Runtime": "python3.13", "Handler": "index.handle",
			"Code": object{"ZipFile": "def handle(event, context): pass"}, "Layers": []any{object{"Ref": "Layer"}},
			"Environment": object{"Variables": variables}}}
	}
	stack := synthesized(t, object{
		"Layer": object{"Type": "AWS::Lambda::LayerVersion", "Properties": object{"Content": object{"S3Key": "layer.zip"}}},
		"One":   python(object{"PYTHONPATH": "/own", "PYTHONDONTWRITEBYTECODE": "own"}),
		"Two":   python(object{}),
	}, map[string]func(string) error{"layer.zip": archive("python/shared.py", "x = 1")})
	found, err := Read(t.Context(), stack, Options{Folder: t.TempDir(), Built: t.TempDir()})
	if err != nil || len(found.Absent) > 0 || len(found.Running) != 2 {
		t.Fatalf("got %+v and error %v, expected both functions", found, err)
	}
	for _, f := range found.Running {
		first, rest, _ := strings.Cut(f.Host.Env["PYTHONPATH"], string(os.PathListSeparator))
		if text, err := os.ReadFile(filepath.Join(first, "shared.py")); err != nil || string(text) != "x = 1" {
			t.Errorf("%s: got %q and error %v, expected the file of the layer", f.Host.Name, text, err)
		}
		own := strings.HasSuffix(f.Host.Name, "One")
		if (rest == "/own") != own || (f.Host.Env["PYTHONDONTWRITEBYTECODE"] == "own") != own {
			t.Errorf("%s: got PYTHONPATH=%s and PYTHONDONTWRITEBYTECODE=%s, expected the function's own folder after the layer, and its own variable",
				f.Host.Name, f.Host.Env["PYTHONPATH"], f.Host.Env["PYTHONDONTWRITEBYTECODE"])
		}
	}
}

// One function that does not build keeps none of the others from running.
func TestAFunctionThatDoesNotBuildIsAbsent(t *testing.T) {
	module := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.com/app\n\ngo 1.26\n",
		"good/main.go":   "package main\n\nfunc main() {}\n",
		"broken/main.go": "package main\n\nfunc main() { missing() }\n",
	} {
		path := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	named := func(name string) object {
		return object{"Type": "AWS::Lambda::Function", "Properties": object{"Runtime": "provided.al2023", "Handler": "bootstrap"},
			"Metadata": object{protocol.PackageMetadata: gobuild.Package{Folder: module, ImportPath: "example.com/app/" + name, Executable: name}}}
	}
	resources := object{"Good": named("good"), "Broken": named("broken")}
	found, err := Read(t.Context(), synthesized(t, resources, nil), Options{Folder: t.TempDir(), Built: t.TempDir()})
	if err != nil || len(found.Running) != 1 || !strings.HasSuffix(found.Running[0].Host.Name, "Good") {
		t.Fatalf("got %+v and error %v, expected the function that builds", found, err)
	}
	for r, reason := range found.Absent {
		if r.ID != "Broken" || !strings.Contains(reason.Error(), "undefined: missing") {
			t.Errorf("got %s absent because of %v, expected the one that does not build", r.ID, reason)
		}
	}

	// An end of the run is no reason.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := Read(ctx, synthesized(t, resources, nil), Options{Folder: t.TempDir(), Built: t.TempDir()}); err == nil {
		t.Errorf("got %+v after an interrupt, expected an error", found)
	}
}

// An interrupt while each function is built on its own is no reason either.
func TestAnInterruptEndsTheBuildsOfSingleFunctions(t *testing.T) {
	bin, module := t.TempDir(), t.TempDir()
	alone := filepath.Join(bin, "alone")
	command := "#!/bin/sh\nif [ -e " + alone + ".next ]; then touch " + alone + "; exec sleep 60; fi\ntouch " + alone + ".next\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(command), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	resources := object{}
	for _, name := range []string{"one", "two"} {
		resources[name] = object{"Type": "AWS::Lambda::Function", "Properties": object{"Runtime": "provided.al2023", "Handler": "bootstrap"},
			"Metadata": object{protocol.PackageMetadata: gobuild.Package{Folder: module, ImportPath: "example.com/app/" + name, Executable: name}}}
	}
	stack := synthesized(t, resources, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(alone); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	found, err := Read(ctx, stack, Options{Folder: t.TempDir(), Built: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %+v and error %v, expected an interrupted build", found, err)
	}
}

func TestAllFunctionsOfABrokenLayerNameItsError(t *testing.T) {
	python := object{"Type": "AWS::Lambda::Function", "Properties": object{"Runtime": "python3.13", "Handler": "index.handle",
		"Code": object{"ZipFile": "def handle(event, context): pass"}, "Layers": []any{object{"Ref": "Layer"}}}}
	stack := synthesized(t, object{
		"Layer": object{"Type": "AWS::Lambda::LayerVersion", "Properties": object{"Content": object{"S3Key": "layer.zip"}}},
		"One":   python,
		"Two":   python,
	}, map[string]func(string) error{"layer.zip": archive("python/a.py", "x = 1", "../outside.py", "x = 2")})
	found, err := Read(t.Context(), stack, Options{Folder: t.TempDir(), Built: t.TempDir()})
	if err != nil || len(found.Absent) != 2 {
		t.Fatalf("got %+v and error %v, expected both functions to be absent", found, err)
	}
	for r, reason := range found.Absent {
		if !strings.Contains(reason.Error(), "outside.py") {
			t.Errorf("%s: got %v, expected the name that leads out of the layer", r.ID, reason)
		}
	}
}
