package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/test/review"
)

// reviewed is what the checks look at.
type reviewed struct {
	templates   map[string]string // names of snapshots by the paths of their templates
	nags        map[string]string // names of snapshots by the paths of what cdk-nag has found
	definitions map[string]string // names of snapshots by the paths of definitions
	temporary   string
}

// read reads a folder that has the templates of a module's snapshots and apps. It fails
// if it lacks one.
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
		case strings.HasSuffix(name, review.Template):
			name = strings.TrimSuffix(name, review.Template)
			r.templates[path] = name
			return r.addDefinitions(path, name)
		case strings.HasSuffix(name, review.Nag):
			r.nags[path] = strings.TrimSuffix(name, review.Nag)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.complete(folder, module); err != nil {
		return err
	}
	alone, err := definitionsAlone(module)
	if err != nil {
		return err
	}
	for _, path := range alone {
		r.definitions[filepath.Join(module, filepath.FromSlash(path))] = path
	}
	return nil
}

// complete checks that there is a template for each snapshot and for each app.
func (r *reviewed) complete(folder, module string) error {
	kept, folders := map[string]bool{}, map[string]bool{}
	for _, name := range r.templates {
		kept[name] = true
		of, _, _ := strings.Cut(name, " ")
		folders[of] = true
	}
	expected, err := snapshots(module)
	if err != nil {
		return err
	}
	if lacks := slices.DeleteFunc(expected, func(name string) bool { return kept[name] }); len(lacks) > 0 {
		return fmt.Errorf("%s lacks the templates of the snapshots %s: their tests have to call synthesis.Reviewed, and to run with %s",
			folder, strings.Join(lacks, ", "), review.Variable)
	}
	all, err := apps(module)
	if err != nil {
		return err
	}
	for _, a := range all {
		if !folders[a.folder] {
			return fmt.Errorf("%s lacks the templates of the app %s: a test has to call review.Assembly, and to run with %s",
				folder, a.folder, review.Variable)
		}
	}
	return nil
}

// addDefinitions adds the definitions of a template.
func (r *reviewed) addDefinitions(path, name string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if text, err = alone(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
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

// alone replaces what other stacks give to a template by text, so that its definitions
// can be read without them.
func alone(text []byte) ([]byte, error) {
	var written map[string]any
	if err := json.Unmarshal(text, &written); err != nil {
		return nil, err
	}
	parameters, _ := written["Parameters"].(map[string]any)
	for _, p := range parameters {
		if p, ok := p.(map[string]any); ok && p["Default"] == nil {
			p["Default"] = "given"
		}
	}
	return json.Marshal(withoutImports(written))
}

func withoutImports(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutImports(v[i])
		}
	case map[string]any:
		for key, value := range v {
			if key == "Fn::ImportValue" {
				return "imported"
			}
			v[key] = withoutImports(value)
		}
	}
	return v
}

func (r *reviewed) close() { _ = os.RemoveAll(r.temporary) }

// snapshots lists the snapshots of templates of a module: one of a definition stands
// beside that of its template.
func snapshots(module string) ([]string, error) {
	found, err := files(module, func(path string) bool {
		return strings.HasSuffix(path, "_1.snap.json") && filepath.Base(filepath.Dir(path)) == "testdata"
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no snapshots, expected to run in the module's folder", module)
	}
	for i, path := range found {
		name := strings.TrimSuffix(filepath.Base(path), "_1.snap.json")
		name = strings.TrimSuffix(strings.TrimSuffix(name, "-definition"), "-template")
		found[i] = filepath.ToSlash(filepath.Dir(filepath.Dir(path))) + " " + name
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// definitionsAlone lists the definitions that are in no template: those of pages.
func definitionsAlone(module string) ([]string, error) {
	return files(module, func(path string) bool {
		return strings.HasSuffix(path, ".asl.json") && !strings.Contains(filepath.ToSlash(path), "/testdata/")
	})
}

// files lists the files of a module that a function chooses, without those that tools
// have written.
func files(module string, choose func(path string) bool) ([]string, error) {
	var list []string
	err := filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			name := entry.Name()
			if path != module && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "bin", "cdk.out", "dist"}, name)) {
				return fs.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(module, path)
		if err == nil && choose(relative) {
			list = append(list, relative)
		}
		return err
	})
	return list, err
}
