package functions

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/stub"
	"github.com/mapjob/mapjob/internal/template"
)

// Given says what replaces functions, or parts of them. A function is named as for [Find].
type Given struct {
	// Stubs are the files of answers, by function: see [stub.Read].
	Stubs map[string]string
	// Commands run in place of functions, and speak the Lambda Runtime API.
	Commands map[string]string
	// Env has variables of environments by FUNCTION.NAME.
	Env map[string]string
}

// Replacements replace functions of a stack, or parts of them. The zero value replaces
// nothing.
type Replacements struct {
	of map[*template.Resource]*substitute
}

// substitute is what replaces a function, or parts of it.
type substitute struct {
	stub    *stub.Stub
	command string
	env     map[string]string
}

// get returns what replaces a function.
func (r Replacements) get(function *template.Resource) *substitute {
	if s := r.of[function]; s != nil {
		return s
	}
	return &substitute{}
}

// CheckStub returns why a file can't be a stub. A pipe is left alone: it can be read
// only once.
func CheckStub(file string) error {
	if info, err := os.Stat(file); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil
	}
	_, err := stub.Read(file)
	return err
}

// Find finds the functions in a stack, and reads the stubs.
func (g *Given) Find(stack *template.Stack) (Replacements, error) {
	found := map[*template.Resource]*substitute{}
	for _, r := range all(stack) {
		found[r] = &substitute{env: map[string]string{}}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Stubs)) {
		r, err := Find(stack, name, "--stub")
		if err != nil {
			return Replacements{}, fmt.Errorf("--stub %s: %w", name, err)
		}
		if found[r].stub, err = stub.Read(g.Stubs[name]); err != nil {
			return Replacements{}, fmt.Errorf("--stub %s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Commands)) {
		r, err := Find(stack, name, "--function")
		if err != nil {
			return Replacements{}, fmt.Errorf("--function %s: %w", name, err)
		}
		if found[r].stub != nil {
			return Replacements{}, fmt.Errorf("--function %s: got a command and a stub, expected one of them", name)
		}
		found[r].command = g.Commands[name]
	}
	for _, name := range slices.Sorted(maps.Keys(g.Env)) {
		dot := strings.LastIndex(name, ".")
		if dot < 0 {
			return Replacements{}, fmt.Errorf("--env %s: got no function, expected FUNCTION.NAME=VALUE", name)
		}
		r, err := Find(stack, name[:dot], "--env")
		if err != nil {
			return Replacements{}, fmt.Errorf("--env %s: %w", name, err)
		}
		found[r].env[name[dot+1:]] = g.Env[name]
	}
	return Replacements{found}, nil
}
