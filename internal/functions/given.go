package functions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/stub"
	"github.com/mapjob/mapjob/internal/template"
)

// Given replaces functions, or parts of them. A function is named as for [Find].
type Given struct {
	// Stubs are the files of answers, by function: see [stub.Read].
	Stubs map[string]string
	// Commands run in place of functions, and speak the Lambda Runtime API.
	Commands map[string]string
	// Env has variables of environments by FUNCTION.NAME.
	Env map[string]string
}

// substitute is what replaces a function, or parts of it.
type substitute struct {
	stub    *stub.Stub
	command string
	env     map[string]string
}

// find finds the functions that are replaced. Each function has an element.
func (g *Given) find(stack *template.Stack) (map[*template.Resource]*substitute, error) {
	found := map[*template.Resource]*substitute{}
	for _, r := range all(stack) {
		found[r] = &substitute{env: map[string]string{}}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Stubs)) {
		r, err := Find(stack, name, "--stub")
		if err != nil {
			return nil, fmt.Errorf("--stub %s: %w", name, err)
		}
		if found[r].stub, err = stub.Read(g.Stubs[name]); err != nil {
			return nil, fmt.Errorf("--stub %s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Commands)) {
		r, err := Find(stack, name, "--function")
		if err != nil {
			return nil, fmt.Errorf("--function %s: %w", name, err)
		}
		if found[r].stub != nil {
			return nil, fmt.Errorf("--function %s: got a command and a stub, expected one of them", name)
		}
		found[r].command = g.Commands[name]
	}
	for _, name := range slices.Sorted(maps.Keys(g.Env)) {
		dot := strings.LastIndex(name, ".")
		if dot < 0 {
			return nil, fmt.Errorf("--env %s: got no function, expected FUNCTION.NAME=VALUE", name)
		}
		r, err := Find(stack, name[:dot], "--env")
		if err != nil {
			return nil, fmt.Errorf("--env %s: %w", name, err)
		}
		found[r].env[name[dot+1:]] = g.Env[name]
	}
	return found, nil
}
