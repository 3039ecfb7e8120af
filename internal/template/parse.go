package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// parsedName is the name of a stack whose template says no name.
const parsedName = "Stack"

// Parse returns the stack of a template on its own, a text in JSON. The stack has
// no assets and needs no other stacks. If the template has no metadata with the
// paths of its constructs, such as that of the CDK's assertions, the paths are
// found by the logical IDs if they can be.
func Parse(text []byte) (*Stack, error) {
	s := &Stack{
		Name: parsedName, Path: parsedName, Region: Region, Account: Account,
		id: parsedName, assembly: &Assembly{}, parameters: map[string]string{},
	}
	s.assembly.stacks = []*Stack{s}
	s.needed = sync.OnceValue(s.findNeeded)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&s.document); err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	if len(s.document.Resources) == 0 {
		return nil, errors.New("got a template without resources, expected at least one")
	}
	s.index()
	for _, r := range s.resources {
		if stack, _, ok := strings.Cut(r.path, "/"); ok {
			s.Path = stack
			break
		}
	}
	for _, r := range s.resources {
		if _, named := physicalNames[r.Type]; named && r.path == "" {
			if path := pathOf(r.ID); path != "" {
				r.path = s.Path + "/" + path
			}
		}
	}
	return s, nil
}
