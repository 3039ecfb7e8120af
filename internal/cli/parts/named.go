package parts

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
)

// checkNamed checks the flags of the form NAME=VALUE before anything is built: none
// has an empty name, and a file can be read. Parameters and variables may have an
// empty value.
func (f *Flags) checkNamed() error {
	var errs []error
	for _, flag := range []struct {
		name, form string
		values     map[string]string
		mayBeEmpty bool
		isFile     bool
	}{
		{name: "--context", form: "KEY=VALUE", values: f.Context, mayBeEmpty: true},
		{name: "--env", form: "FUNCTION.NAME=VALUE", values: f.Env, mayBeEmpty: true},
		{name: "--function", form: "FUNCTION=COMMAND", values: f.Function},
		{name: "--parameter", form: "NAME=VALUE", values: f.Parameter, mayBeEmpty: true},
		{name: "--seed", form: "NAME=FILE", values: f.Seed, isFile: true},
		{name: "--stub", form: "FUNCTION=FILE", values: f.Stub, isFile: true},
	} {
		for _, name := range slices.Sorted(maps.Keys(flag.values)) {
			value := flag.values[name]
			if name == "" || value == "" && !flag.mayBeEmpty {
				errs = append(errs, fmt.Errorf("%s: got %q, expected %s", flag.name, name+"="+value, flag.form))
				continue
			}
			if flag.isFile {
				if err := checkReadable(value); err != nil {
					errs = append(errs, fmt.Errorf("%s %s=%s: %w", flag.name, name, value, err))
				}
			}
		}
	}
	return errors.Join(errs...)
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
