package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write writes files into a folder.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// standsIn is an app that writes its template without the CDK: it is the context that
// the app got.
const standsIn = `package main

import "os"

func main() { // awscdk.NewApp(nil) in other apps
	if _, err := os.Stat("functions"); err != nil {
		panic("runs in another folder")
	}
	os.Mkdir(os.Getenv("CDK_OUTDIR"), 0o755)
	os.WriteFile(os.Getenv("CDK_OUTDIR")+"/Shop.template.json", []byte(os.Getenv("CDK_CONTEXT_JSON")), 0o644)
}
`

func TestAppsAreFound(t *testing.T) {
	found, err := apps(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []app{
		{"examples", false}, {"examples/howto", false}, {"examples/tutorial/chapters/queue", false}, {"test/script/estate", false},
		{"test/consumer/testdata/shop", true}, {"internal/cli/create/files/app", true},
	} {
		if !slices.Contains(found, expected) {
			t.Errorf("got %v, expected %v among them", found, expected)
		}
	}

	module := t.TempDir()
	write(t, module, map[string]string{
		"app.go": standsIn, "new/shop/main.go": standsIn, "new/shop/app_test.go": standsIn, "new/library/x.go": strings.Replace(standsIn, "package main", "package library", 1),
		"new/tests/app_test.go": standsIn, "node_modules/x/main.go": standsIn, "bin/x/main.go": standsIn, "new/testdata/a/main.go": standsIn, "new/testdata/part.go": standsIn, "new/files/main.go.tmpl": standsIn,
	})
	found, err = apps(module)
	if expected := []app{{"new/files", true}, {"new/shop", false}, {"new/testdata/a", true}}; err != nil || !slices.Equal(found, expected) {
		t.Errorf("got %v and error %v, expected %v", found, err, expected)
	}
}

func TestAppsAreSynthesized(t *testing.T) {
	module, folder := t.TempDir(), t.TempDir()
	const goMod = "module example.com/shop\n\ngo 1.26\n"
	write(t, module, map[string]string{
		"go.mod": goMod, "functions/x": "", // where no app runs
		"alone/main.go": standsIn, "alone/functions/x": "",
		"own/go.mod": goMod, "own/cdk.json": `{"context": {"flag": true}}`, "own/functions/x": "",
		"own/main.go": standsIn, "own/chapters/one/main.go": standsIn,
	})
	found, err := apps(module)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := synthesizeAll(t.Context(), module, found, folder); err != nil || n != 3 {
		t.Fatalf("got %d apps of %v and error %v, expected 3", n, found, err)
	}
	for of, flag := range map[string]bool{"alone": false, "own": true, "own/chapters/one": true} {
		text, err := os.ReadFile(filepath.Join(folder, of, "Shop.template.json"))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(text); !strings.Contains(got, `"aws:cdk:bundling-stacks":[]`) || strings.Contains(got, `"flag":true`) != flag {
			t.Errorf("%s: got the context %s, expected no bundling, and the flag of cdk.json: %t", of, got, flag)
		}
	}
}

func TestAppsThatFail(t *testing.T) {
	for text, expected := range map[string]string{
		strings.Replace(standsIn, "os.Mkdir", "none.Mkdir", 1):                          "building the app shop: exit status 1\n# example.com/shop/shop",
		strings.Replace(standsIn, "os.Mkdir(", `panic("no " + "worker"); os.Mkdir(`, 1): "synthesizing the app shop: exit status 2\npanic: no worker",
		strings.Replace(standsIn, "/Shop.template.json", "/manifest.json", 1):           "has no templates, expected those of shop",
	} {
		module := t.TempDir()
		write(t, module, map[string]string{"go.mod": "module example.com/shop\n\ngo 1.26\n", "shop/main.go": text, "shop/functions/x": ""})
		if _, err := synthesizeAll(t.Context(), module, []app{{"shop", false}}, t.TempDir()); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got error %v, expected %q", err, expected)
		}
	}
}
