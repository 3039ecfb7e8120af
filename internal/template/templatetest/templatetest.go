// Package templatetest makes synthesized stacks for tests.
package templatetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/template"
)

type object = map[string]any

// Stack returns a stack, named Stack, with these resources. The assets are files, by
// the keys under which they are uploaded, in the folder that is returned.
func Stack(t testing.TB, resources map[string]any, assets map[string]string) (s *template.Stack, folder string) {
	t.Helper()
	folder = t.TempDir()
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := object{}
	for key, content := range assets {
		write(key, []byte(content))
		files[key] = object{"source": object{"path": key}, "destinations": object{"here": object{"objectKey": key}}}
	}
	for name, content := range map[string]any{
		"manifest.json": object{"artifacts": object{
			"Stack":        object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "template.json"}},
			"Stack.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "assets.json"}},
		}},
		"assets.json":   object{"files": files},
		"template.json": object{"Resources": resources},
	} {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		write(name, text)
	}
	assembly, err := template.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return assembly.Stacks()[0], folder
}
