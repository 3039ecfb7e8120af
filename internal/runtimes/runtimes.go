// Package runtimes runs the code of functions with the interpreters of this
// machine: a small program for each language loads the handler and speaks the
// Lambda Runtime API.
package runtimes

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/nodejs"
)

// Code is what a function runs.
type Code struct {
	Runtime string // such as python3.13
	Handler string
	Folder  string
	Layers  []string // folders
}

// Program is how to start a function.
type Program struct {
	Command []string
	Env     map[string]string
}

var (
	//go:embed bootstrap.py
	python string
	//go:embed bootstrap.cjs
	node string
)

// Known reports whether functions of a runtime can run here.
func Known(runtime string) bool {
	for _, beginning := range []string{"provided", "python", "nodejs"} {
		if strings.HasPrefix(runtime, beginning) {
			return true
		}
	}
	return false
}

// IsPathList reports whether a variable of a runtime's environment is a list of
// folders, to which a function may add its own.
func IsPathList(name string) bool { return name == "PYTHONPATH" || name == "NODE_PATH" }

// Find returns how to start a function. The error says which runtimes there are,
// or which interpreter this machine lacks.
func Find(c Code) (*Program, error) {
	switch {
	case strings.HasPrefix(c.Runtime, "provided"):
		return &Program{Command: []string{filepath.Join(c.Folder, "bootstrap")}}, nil
	case strings.HasPrefix(c.Runtime, "python"):
		interpreter, err := findPython(c.Runtime)
		if err != nil {
			return nil, err
		}
		return &Program{Command: []string{interpreter, "-u", "-c", python}, Env: c.environment(map[string]string{
			"PYTHONPATH": c.inLayers("python"), "PYTHONDONTWRITEBYTECODE": "1"})}, nil
	case strings.HasPrefix(c.Runtime, "nodejs"):
		interpreter, err := nodejs.Find(".")
		if err != nil {
			return nil, err
		}
		return &Program{Command: []string{interpreter, "-e", node}, Env: c.environment(map[string]string{
			"NODE_PATH": c.inLayers("nodejs/node_modules")})}, nil
	}
	return nil, fmt.Errorf("got runtime %q, expected provided.al2023, python or nodejs", c.Runtime)
}

// findPython returns the Python of a runtime, or the one that the machine has.
func findPython(runtime string) (string, error) {
	for _, name := range []string{runtime, "python3", "python"} {
		if found, err := exec.LookPath(name); err == nil && exec.Command(found, "--version").Run() == nil { // version managers have names that do not run
			return found, nil
		}
	}
	return "", fmt.Errorf("found no Python (%s or python3 on PATH): install it from your system's packages or python.org", runtime)
}

// environment adds what all these runtimes set.
func (c *Code) environment(own map[string]string) map[string]string {
	own["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + c.Runtime
	return own
}

// inLayers returns a folder of each layer as a list of paths. In Lambda all layers
// are in /opt, and a later one replaces files of those before.
func (c *Code) inLayers(folder string) string {
	var paths []string
	for _, layer := range c.Layers {
		at := filepath.Join(layer, filepath.FromSlash(folder))
		if _, err := os.Stat(at); err == nil {
			paths = append([]string{at}, paths...)
		}
	}
	return strings.Join(paths, string(os.PathListSeparator))
}
