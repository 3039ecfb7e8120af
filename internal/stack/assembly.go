package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Assembly is what `cdk synth` leaves in cdk.out.
type Assembly struct{ stacks map[string]*Stack }

// Stack is one stack of an assembly.
type Stack struct {
	Name     string
	template *template
	assets   map[string]string // key in the assets bucket to the folder or file here
}

// ReadAssembly reads the stacks of the cloud assembly in a folder.
func ReadAssembly(folder string) (*Assembly, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct {
				TemplateFile string
				StackName    string
				File         string
			}
			DisplayName string
		}
	}
	if err := readJSON(filepath.Join(folder, "manifest.json"), &manifest); err != nil {
		return nil, fmt.Errorf("reading the cloud assembly: %w", err)
	}
	assembly := &Assembly{map[string]*Stack{}}
	assets := map[string]string{}
	for _, a := range manifest.Artifacts {
		if a.Type != "cdk:asset-manifest" {
			continue
		}
		var file struct {
			Files map[string]struct {
				Source       struct{ Path string }
				Destinations map[string]struct{ ObjectKey string }
			}
		}
		if err := readJSON(filepath.Join(folder, a.Properties.File), &file); err != nil {
			return nil, fmt.Errorf("reading the asset manifest: %w", err)
		}
		for _, f := range file.Files {
			for _, d := range f.Destinations {
				assets[d.ObjectKey] = filepath.Join(folder, f.Source.Path)
			}
		}
	}
	for id, a := range manifest.Artifacts {
		if a.Type != "aws:cloudformation:stack" {
			continue
		}
		name := a.Properties.StackName
		if name == "" {
			name = id
		}
		t := &template{stack: name}
		if err := readJSON(filepath.Join(folder, a.Properties.TemplateFile), t); err != nil {
			return nil, fmt.Errorf("reading the template of stack %s: %w", name, err)
		}
		assembly.stacks[name] = &Stack{Name: name, template: t, assets: assets}
	}
	return assembly, nil
}

// Stack is the stack of that name, or with no name the only one.
func (a *Assembly) Stack(name string) (*Stack, error) {
	names := slices.Sorted(maps.Keys(a.stacks))
	if s := a.stacks[name]; s != nil {
		return s, nil
	}
	list := strings.Join(names, ", ")
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("the app has no stacks, expected at least one")
	case name != "":
		return nil, fmt.Errorf("got stack %q, expected one of: %s", name, list)
	case len(names) > 1:
		return nil, fmt.Errorf("the app has %d stacks, expected to be told which one with --stack: %s", len(names), list)
	}
	return a.stacks[names[0]], nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
