package template

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Stack is a synthesized stack: its template, and the assets that the template
// names.
type Stack struct {
	Name     string
	document document
	assets   map[string]string // paths by key
}

// document is a CloudFormation template.
type document struct {
	Parameters map[string]struct{ Default any }
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Resources  map[string]*resource
	Outputs    map[string]struct{ Value any }
}

type resource struct {
	Type       string
	Properties map[string]any
	Metadata   map[string]any
}

// Asset returns the path of the file or folder that is uploaded under a key.
func (s *Stack) Asset(key string) (path string, ok bool) {
	path, ok = s.assets[key]
	return path, ok
}

// Metadata decodes the metadata of a resource under a key. It reports whether the
// resource has it.
func (s *Stack) Metadata(id, key string, into any) (bool, error) {
	value, ok := s.document.Resources[id].Metadata[key]
	if !ok {
		return false, nil
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return false, fmt.Errorf("resource %s: metadata %s: %w", id, key, err)
	}
	return true, nil
}

// OfType lists the logical IDs of the resources of some types, sorted.
func (s *Stack) OfType(types ...string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.document.Resources)) {
		if slices.Contains(types, s.document.Resources[id].Type) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Types returns the types of all resources by their logical IDs.
func (s *Stack) Types() map[string]string {
	types := make(map[string]string, len(s.document.Resources))
	for id, r := range s.document.Resources {
		types[id] = r.Type
	}
	return types
}

// Output resolves an output. The value is nil if the stack doesn't have it.
func (s *Stack) Output(name string) (any, error) {
	output, ok := s.document.Outputs[name]
	if !ok {
		return nil, nil
	}
	v, err := s.Resolve(output.Value)
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", name, err)
	}
	return v, nil
}

// HasOutput reports whether the stack has an output.
func (s *Stack) HasOutput(name string) bool {
	_, ok := s.document.Outputs[name]
	return ok
}

// IsStarter reports whether a state machine is one that a trigger brings along to
// start another.
func (s *Stack) IsStarter(id string) bool {
	_, ok := s.document.Resources[id].Metadata[protocol.StarterMetadata]
	return ok
}

// ShortName returns the name by which users call a resource: the path of its
// construct below the stack, without the last parts that say nothing.
func (s *Stack) ShortName(id string) string {
	path, _ := s.document.Resources[id].Metadata["aws:cdk:path"].(string)
	path = strings.TrimPrefix(path, s.Name+"/")
	for _, tail := range []string{"/Resource", "/Default", "/Function", "/StateMachine"} {
		path = strings.TrimSuffix(path, tail)
	}
	return strings.ReplaceAll(cmp.Or(path, id), "/", ".")
}

// Find returns the logical ID of the resource that a user calls by its short
// name or its logical ID, or of the only one if the name is empty. For errors,
// kind is the word for such a resource, and flag the one that sets the name.
func (s *Stack) Find(name, kind, flag string, types ...string) (string, error) {
	ids := s.OfType(types...)
	var found, names []string
	for _, id := range ids {
		short := s.ShortName(id)
		names = append(names, short)
		if name == id || name == short {
			found = append(found, id)
		}
	}
	list := strings.Join(names, ", ")
	switch {
	case len(ids) == 0 && name == "":
		return "", fmt.Errorf("stack %s has no %s, expected one", s.Name, kind)
	case len(ids) == 0:
		return "", fmt.Errorf("got %s %q, but stack %s has no %s", kind, name, s.Name, kind)
	case name == "" && len(ids) == 1:
		return ids[0], nil
	case name == "":
		return "", fmt.Errorf("stack %s has %d %ss, expected one: choose with %s: %s", s.Name, len(ids), kind, flag, list)
	case len(found) == 0:
		return "", fmt.Errorf("got %s %q, expected one of: %s", kind, name, list)
	case len(found) > 1:
		return "", fmt.Errorf("got %s %q, which is any of %s: use the logical ID", kind, name, strings.Join(found, ", "))
	}
	return found[0], nil
}
