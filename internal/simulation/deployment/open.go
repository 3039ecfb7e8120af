package deployment

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/yaml"
)

// Parse returns the stack of a text: a template, or a definition in Amazon States
// Language, in JSON or YAML. The error has all problems.
func Parse(text []byte) (*Stack, error) {
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
		if !json.Valid(text) { // it is YAML, and has no functions of CloudFormation
			if asJSON, err = yaml.JSON(text); err != nil {
				return nil, err
			}
		}
		definition, err := asl.Parse(asJSON)
		if err != nil {
			return nil, err
		}
		return Lone(definition), nil
	case members["Resources"] != nil:
		s, err := template.Parse(asJSON)
		if err != nil {
			return nil, err
		}
		s.Advise(template.Advice{Parameter: giveDefault, Import: fmt.Sprintf("a template that needs no other: open the cloud assembly, which has both stacks, with sfntest.Open(t, %q)", "cdk.out:"+s.Path)})
		return readMachines(s)
	}
	return nil, errors.New("got an object with neither Resources nor States, expected a template or a definition in Amazon States Language")
}

// giveDefault says how a parameter of a template gets a value in a test.
const giveDefault = "give it a Default"

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
	return yaml.Template(text)
}

// Open is Parse for a file, or for a stack of a cloud assembly: the folder alone, if it has
// only one, or with the name of the stack after a colon.
func Open(path string) (*Stack, error) {
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
		s, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return s, nil
	}
	app, err := template.Read(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: got a folder without a manifest.json, expected that of a cloud assembly, such as cdk.out, which cdk synth writes", folder)
	case err != nil:
		return nil, err
	}
	var names []string
	for _, s := range app.Stacks() {
		if name == s.Path || name == s.Name || name == "" && len(app.Stacks()) == 1 {
			s.Advise(template.Advice{Parameter: giveDefault})
			return readMachines(s)
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

func readMachines(s *template.Stack) (*Stack, error) {
	parsed, err := Read(s)
	if err != nil {
		return nil, err
	}
	if len(parsed.Machines) == 0 {
		return nil, errors.New("got a template without state machines, expected at least one")
	}
	return parsed, nil
}
