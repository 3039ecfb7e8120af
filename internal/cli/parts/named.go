package parts

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
)

// checkNamed checks the flags of the form NAME=VALUE before anything is built: none
// has an empty name, a variable is one of a function, a file can be read, and a stub
// has answers. Parameters and variables may have an empty value.
func (f *Flags) checkNamed() error {
	var errs []error
	for _, flag := range []struct {
		name, form string
		values     map[string]string
		mayBeEmpty bool
		isName     func(string) bool        // nil: any that is not empty
		checkValue func(value string) error // nil: any
	}{
		{name: "--context", form: "KEY=VALUE", values: f.Context, mayBeEmpty: true},
		{name: "--env", form: "FUNCTION.NAME=VALUE", values: f.Env, mayBeEmpty: true, isName: isVariable},
		{name: "--function", form: "FUNCTION=COMMAND", values: f.Function},
		{name: "--parameter", form: "NAME=VALUE", values: f.Parameter, mayBeEmpty: true},
		{name: "--seed", form: "NAME=FILE", values: f.Seed, checkValue: checkReadable},
		{name: "--stub", form: "FUNCTION=FILE", values: f.Stub, checkValue: functions.CheckStub},
	} {
		for _, name := range slices.Sorted(maps.Keys(flag.values)) {
			value := flag.values[name]
			if name == "" || value == "" && !flag.mayBeEmpty || flag.isName != nil && !flag.isName(name) {
				errs = append(errs, fmt.Errorf("%s: got %q, expected %s", flag.name, name+"="+value, flag.form))
				continue
			}
			if flag.checkValue != nil {
				if err := flag.checkValue(value); err != nil {
					errs = append(errs, fmt.Errorf("%s %s=%s: %w", flag.name, name, value, err))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// isVariable reports whether a name is FUNCTION.NAME.
func isVariable(name string) bool {
	dot := strings.LastIndex(name, ".")
	return dot > 0 && dot < len(name)-1
}

// checkStack checks the flags that name something in the stack: it has what they name.
func (p *Parts) checkStack(synthesized *template.Stack) (err error) {
	f := p.Flags
	var errs []error
	if f.Job != "" {
		_, err := p.Stack.Machine(f.Job)
		errs = append(errs, err)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Seed)) {
		if err := checkSeed(p.Stack, name, f.Seed[name]); err != nil {
			errs = append(errs, fmt.Errorf("--seed %s=%s: %w", name, f.Seed[name], err))
		}
	}
	given := functions.Given{Stubs: f.Stub, Commands: f.Function, Env: f.Env}
	p.replaced, err = given.Find(synthesized)
	return errors.Join(append(errs, err)...)
}

// checkSeed checks that a stack has the table or the bucket to fill, and that a file
// has a key there.
func checkSeed(s *stack.Stack, name, from string) error {
	_, key, bucket := s.BucketAndKey(name)
	if !bucket {
		_, err := s.Table(name)
		return err
	}
	info, err := os.Stat(from)
	if err == nil && !info.IsDir() && (key == "" || strings.HasSuffix(key, "/")) {
		err = fmt.Errorf("got a file, expected a folder, or the key of the object: BUCKET/KEY=%s", from)
	}
	return err
}

// checkReadable returns why a file or a folder can't be read. A pipe is left alone: it
// can be opened only once.
func checkReadable(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return file.Close()
}
