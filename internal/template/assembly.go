// Package template reads a cloud assembly, which is what `cdk synth` writes,
// and resolves the templates of its stacks to plain values.
package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Assembly is a cloud assembly: the stacks of an app.
type Assembly struct{ stacks map[string]*Stack }

// artifact is an entry of an assembly's manifest.
type artifact struct {
	Type       string
	Properties struct {
		TemplateFile string
		StackName    string
		File         string
	}
}

// Read reads the stacks of the cloud assembly in a folder.
func Read(folder string) (*Assembly, error) {
	var manifest struct{ Artifacts map[string]artifact }
	if err := readJSON(filepath.Join(folder, "manifest.json"), &manifest); err != nil {
		return nil, fmt.Errorf("reading the cloud assembly: %w", err)
	}
	assembly := &Assembly{map[string]*Stack{}}
	assets := map[string]string{}
	for id, a := range manifest.Artifacts {
		switch a.Type {
		case "cdk:asset-manifest":
			if err := readAssets(folder, a.Properties.File, assets); err != nil {
				return nil, fmt.Errorf("reading the asset manifest: %w", err)
			}
		case "aws:cloudformation:stack":
			s := &Stack{Name: id, assets: assets}
			if name := a.Properties.StackName; name != "" {
				s.Name = name
			}
			if err := readJSON(filepath.Join(folder, a.Properties.TemplateFile), &s.document); err != nil {
				return nil, fmt.Errorf("reading the template of stack %s: %w", s.Name, err)
			}
			assembly.stacks[s.Name] = s
		}
	}
	return assembly, nil
}

// readAssets adds the assets of a manifest: the paths of their files or folders
// by their keys in the bucket of assets.
func readAssets(folder, manifest string, assets map[string]string) error {
	var listed struct {
		Files map[string]struct {
			Source       struct{ Path string }
			Destinations map[string]struct{ ObjectKey string }
		}
	}
	if err := readJSON(filepath.Join(folder, manifest), &listed); err != nil {
		return err
	}
	for _, f := range listed.Files {
		for _, d := range f.Destinations {
			assets[d.ObjectKey] = filepath.Join(folder, f.Source.Path)
		}
	}
	return nil
}

// Stack returns the stack with a name, or the only one if the name is empty.
func (a *Assembly) Stack(name string) (*Stack, error) {
	names := slices.Sorted(maps.Keys(a.stacks))
	if s := a.stacks[name]; s != nil {
		return s, nil
	}
	list := strings.Join(names, ", ")
	switch {
	case len(names) == 0:
		return nil, errors.New("the app has no stacks, expected at least one")
	case name != "":
		return nil, fmt.Errorf("got stack %q, expected one of: %s", name, list)
	case len(names) > 1:
		return nil, fmt.Errorf("the app has %d stacks, expected one: choose with --stack: %s", len(names), list)
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
