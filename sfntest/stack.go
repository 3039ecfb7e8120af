package sfntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/simulation/deployment"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/yaml"
)

// Stack is what a test deploys: the state machines of a template, and its
// functions, tables, buckets, queues and topics; or a single state machine. It
// does not change, so tests may share it and run in parallel.
type Stack struct{ parsed *deployment.Stack }

// Parse returns the stack of a text: a template, such as the JSON of the CDK's
// assertions.Template, or a definition in Amazon States Language. Both may be JSON
// or YAML. It fails the test if the text is neither, with all problems.
func Parse(t testing.TB, text []byte) *Stack {
	t.Helper()
	s, err := parse(text)
	if err != nil {
		t.Fatalf("sfntest.Parse: %v", err)
	}
	return s
}

// Open is Parse for a file, or for the only stack in a cloud assembly (the folder
// cdk.out). A stack of several is named after a colon: cdk.out:Shop.
func Open(t testing.TB, path string) *Stack {
	t.Helper()
	s, err := open(path)
	if err != nil {
		t.Fatalf("sfntest.Open: %v", err)
	}
	return s
}

func parse(text []byte) (*Stack, error) {
	asJSON, err := toJSON(text)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(asJSON, &members); err != nil {
		return nil, errors.New("got a text that is not an object, expected a template or a definition")
	}
	switch {
	case members["States"] != nil || members["StartAt"] != nil:
		definition, err := asl.Parse(asJSON)
		if err != nil {
			return nil, err
		}
		return &Stack{deployment.Lone(definition)}, nil
	case members["Resources"] != nil:
		s, err := template.Parse(asJSON)
		if err != nil {
			return nil, err
		}
		return read(s)
	}
	return nil, errors.New("got an object with neither Resources nor States, expected a template or a definition in Amazon States Language")
}

// toJSON returns a text in JSON or YAML as JSON.
func toJSON(text []byte) ([]byte, error) {
	if json.Valid(text) {
		return text, nil
	}
	if strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			return nil, fmt.Errorf("got a text that is not JSON: %w", err)
		}
	}
	return yaml.JSON(text)
}

func open(path string) (*Stack, error) {
	folder, name, named := path, "", false
	info, err := os.Stat(path)
	if err != nil {
		// A colon may be part of a path, so it is looked at only if there is no such file.
		if i := strings.LastIndex(path, ":"); i > 0 {
			folder, name, named = path[:i], path[i+1:], true
			info, err = os.Stat(folder)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w, expected a file, or the folder of a cloud assembly such as cdk.out", err)
	}
	if !info.IsDir() {
		if named {
			return nil, fmt.Errorf("got %s after %s, which is a file, expected the folder of a cloud assembly", name, folder)
		}
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			return nil, err
		}
		s, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return s, nil
	}
	app, err := template.Read(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range app.Stacks() {
		if name == s.Path || name == s.Name || name == "" && len(app.Stacks()) == 1 {
			return read(s)
		}
		names = append(names, s.Path)
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("%s: got no stacks, expected at least one", folder)
	case name == "":
		return nil, fmt.Errorf("%s: got %d stacks, expected one after a colon, such as %s:%s: %s", folder, len(names), folder, names[0], strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%s: got stack %q, expected %s", folder, name, fields.Others(name, names))
}

func read(s *template.Stack) (*Stack, error) {
	parsed, err := deployment.Read(s)
	if err != nil {
		return nil, err
	}
	if len(parsed.Machines) == 0 {
		return nil, errors.New("got a template without state machines, expected at least one")
	}
	return &Stack{parsed}, nil
}

// machine returns the state machine that a test means by a name.
func (s *Stack) machine(name string) (*deployment.Machine, error) {
	var own, found []*deployment.Machine // own: without those that a trigger brings along
	for _, m := range s.parsed.Machines {
		if m.Resource == nil || s.parsed.Template.Own(m.Resource) && !m.Resource.IsStarter() {
			own = append(own, m)
		}
	}
	switch {
	case name == "":
		found = own
	case s.parsed.Template == nil:
		for _, m := range own {
			if name == m.ID || name == m.ARN {
				found = append(found, m)
			}
		}
	default:
		var all []*template.Resource
		for _, m := range s.parsed.Machines {
			all = append(all, m.Resource)
		}
		for _, r := range s.parsed.Template.Matching(name, all) {
			for _, m := range s.parsed.Machines {
				if m.Resource == r {
					found = append(found, m)
				}
			}
		}
	}
	var ids []string
	for _, m := range own {
		ids = append(ids, m.ID)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case name == "":
		return nil, fmt.Errorf("got no name of a state machine, expected one of %s", strings.Join(ids, ", "))
	case len(found) == 0:
		return nil, fmt.Errorf("state machine %q: not found, expected %s", name, fields.Others(name, ids))
	}
	return nil, fmt.Errorf("state machine %q: got a name of %d, expected a whole path: %s", name, len(found), strings.Join(ids, ", "))
}

// function returns the function that a test means by a name.
func (s *Stack) function(name string) (*deployment.Function, error) {
	var found []*deployment.Function
	if s.parsed.Template == nil {
		for _, f := range s.parsed.Functions {
			if name == f.Name || name == f.ARN {
				found = append(found, f)
			}
		}
	} else {
		var all []*template.Resource
		for _, f := range s.parsed.Functions {
			all = append(all, f.Resource)
		}
		for _, r := range s.parsed.Template.Matching(name, all) {
			for _, f := range s.parsed.Functions {
				if f.Resource == r {
					found = append(found, f)
				}
			}
		}
	}
	var ids []string
	for _, f := range s.parsed.Functions {
		ids = append(ids, f.ID)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("function %q: got a handler, expected the name of one of the stack's functions: %s", name, fields.Others(name, ids))
	}
	return nil, fmt.Errorf("function %q: got a name of %d functions, expected a whole path: %s", name, len(found), strings.Join(ids, ", "))
}

// name returns the name of a resource as AWS returns it for a reference.
func (s *Stack) name(resource string) (string, error) {
	t := s.parsed.Template
	if t == nil {
		return "", fmt.Errorf("%q: got a definition without a template, expected a template with resources", resource)
	}
	r, err := t.Find(resource, "resource", "its path")
	if err != nil {
		return "", err
	}
	v, err := r.Stack.Resolve(map[string]any{"Ref": r.ID})
	if err != nil {
		return "", fmt.Errorf("%s: %w", resource, err)
	}
	return fmt.Sprint(v), nil
}
