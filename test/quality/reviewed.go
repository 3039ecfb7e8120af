package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/template"
)

// Suffixes of files that synthesis.Keep writes.
const (
	templateSuffix = ".template.json"
	nagSuffix      = ".nag.json"
)

// reviewed is what the checks look at.
type reviewed struct {
	templates   map[string]string // names of snapshots by the paths of their templates
	nags        map[string]string // names of snapshots by the paths of what cdk-nag has found
	definitions map[string]string // names of snapshots by the paths of definitions
	temporary   string
}

// documented are definitions that are in no template.
var documented = []string{"docs/job.asl.json"}

// read reads a folder that tests have filled. It fails if a snapshot of a template is
// in the folder of the module and not in that one.
func read(folder, module string) (*reviewed, error) {
	temporary, err := os.MkdirTemp("", "mapjob-quality")
	if err != nil {
		return nil, err
	}
	r := &reviewed{templates: map[string]string{}, nags: map[string]string{}, definitions: map[string]string{}, temporary: temporary}
	if err := r.fill(folder, module); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *reviewed) fill(folder, module string) error {
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(filepath.Dir(relative)) + " " + filepath.Base(relative)
		switch {
		case strings.HasSuffix(name, templateSuffix):
			name = strings.TrimSuffix(name, templateSuffix)
			r.templates[path] = name
			return r.addDefinitions(path, name)
		case strings.HasSuffix(name, nagSuffix):
			r.nags[path] = strings.TrimSuffix(name, nagSuffix)
		}
		return nil
	})
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, name := range r.templates {
		kept[name] = true
	}
	expected, err := snapshots(module)
	if err != nil {
		return err
	}
	var lacks []string
	for _, name := range expected {
		if !kept[name] {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) > 0 {
		return fmt.Errorf("%s lacks the templates of the snapshots %s: their tests have to call synthesis.Reviewed, and to run with MAPJOB_REVIEW",
			folder, strings.Join(lacks, ", "))
	}
	for _, path := range documented {
		if _, err := os.Stat(filepath.Join(module, path)); err != nil {
			return err
		}
		r.definitions[filepath.Join(module, path)] = path
	}
	return nil
}

// addDefinitions adds the definitions of a template.
func (r *reviewed) addDefinitions(path, name string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	stack, err := template.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, machine := range stack.Resources("AWS::StepFunctions::StateMachine") {
		text, _, err := definition.Of(machine)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, machine.ID, err)
		}
		if !json.Valid([]byte(text)) {
			return fmt.Errorf("%s: %s: got a definition that is not JSON", path, machine.ID)
		}
		to := filepath.Join(r.temporary, fmt.Sprint(len(r.definitions), ".json"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return err
		}
		r.definitions[to] = name + " " + machine.ID
	}
	return nil
}

func (r *reviewed) close() { _ = os.RemoveAll(r.temporary) }

// snapshots lists the snapshots of templates of a module: one of a definition stands
// beside that of its template.
func snapshots(module string) ([]string, error) {
	var list []string
	for _, folder := range []string{"constructs", "test"} {
		err := filepath.WalkDir(filepath.Join(module, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			name, ok := strings.CutSuffix(entry.Name(), "_1.snap.json")
			if !ok || filepath.Base(filepath.Dir(path)) != "testdata" {
				return nil
			}
			of, err := filepath.Rel(module, filepath.Dir(filepath.Dir(path)))
			if err != nil {
				return err
			}
			name = strings.TrimSuffix(strings.TrimSuffix(name, "-definition"), "-template")
			list = append(list, filepath.ToSlash(of)+" "+name)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, errors.New("found no snapshot below constructs and test, expected to run in the module's folder")
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
