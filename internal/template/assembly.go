// Package template reads a cloud assembly, which is what `cdk synth` writes,
// and resolves the templates of its stacks to plain values.
//
// A stack is seen with all that it needs: its nested stacks, and the stacks from
// which it imports values.
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

// Assembly is a cloud assembly: the stacks of an app, with those of its stages.
type Assembly struct {
	stacks []*Stack          // without nested ones, by their paths
	assets map[string]string // paths of files and folders, by their keys in the bucket of assets
	advice Advice
}

// artifact is an entry of an assembly's manifest.
type artifact struct {
	Type         string
	DisplayName  string
	Environment  string
	Dependencies []string
	Properties   struct {
		TemplateFile  string
		StackName     string
		File          string
		DirectoryName string
	}
}

// Read reads the cloud assembly in a folder.
func Read(folder string) (*Assembly, error) {
	a := &Assembly{assets: map[string]string{}}
	if err := a.read(folder); err != nil {
		return nil, err
	}
	slices.SortFunc(a.stacks, func(s, t *Stack) int { return strings.Compare(s.Path, t.Path) })
	for _, s := range a.stacks {
		if err := s.readNested(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// read adds the stacks of a folder, and of the assemblies in it.
func (a *Assembly) read(folder string) error {
	var manifest struct{ Artifacts map[string]artifact }
	if err := readJSON(filepath.Join(folder, "manifest.json"), &manifest); err != nil {
		return fmt.Errorf("reading the cloud assembly: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		found := manifest.Artifacts[id]
		switch found.Type {
		case "cdk:cloud-assembly":
			if err := a.read(filepath.Join(folder, found.Properties.DirectoryName)); err != nil {
				return err
			}
		case "cdk:asset-manifest":
			if err := a.readAssets(folder, found.Properties.File); err != nil {
				return fmt.Errorf("reading the asset manifest: %w", err)
			}
		case "aws:cloudformation:stack":
			s, err := newStack(a, folder, id, &found)
			if err != nil {
				return err
			}
			a.stacks = append(a.stacks, s)
		}
	}
	return nil
}

func (a *Assembly) readAssets(folder, manifest string) error {
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
			a.assets[d.ObjectKey] = filepath.Join(folder, f.Source.Path)
		}
	}
	return nil
}

// Stacks returns the stacks of the app and of its stages, by their paths. Nested
// stacks are part of the stack that they are in.
func (a *Assembly) Stacks() []*Stack { return slices.Clone(a.stacks) }

// Stack returns the stack with a name or a path, or the only one if the name is
// empty.
func (a *Assembly) Stack(name string) (*Stack, error) {
	var found []*Stack
	for _, s := range a.stacks {
		if name == "" || name == s.Path || name == s.Name || name == s.id {
			found = append(found, s)
		}
	}
	switch {
	case len(a.stacks) == 0:
		return nil, errors.New("the app has no stacks, expected at least one")
	case len(found) == 1:
		return found[0], nil
	case name == "":
		return nil, fmt.Errorf("the app has %d stacks, expected one: choose with --stack: %s", len(found), paths(found))
	case len(found) == 0:
		return nil, fmt.Errorf("got stack %q, expected one of: %s", name, paths(a.stacks))
	}
	return nil, fmt.Errorf("got stack %q, which is any of %s: use the path", name, paths(found))
}

func paths(stacks []*Stack) string {
	var list []string
	for _, s := range stacks {
		list = append(list, s.Path)
	}
	return strings.Join(list, ", ")
}

// readJSON decodes a file. Numbers stay as they are written.
func readJSON(path string, into any) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
