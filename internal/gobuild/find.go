package gobuild

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/reads"
)

// Package is a main package.
type Package struct {
	// Folder is where the go command runs to build the package. Its go.mod, go.work
	// and vendor folder decide which versions the package is built with.
	Folder string `json:"folder"`
	// Source is the folder of the package's files.
	Source string `json:"source"`
	// ImportPath is the import path of the package.
	ImportPath string `json:"importPath"`
	// Executable is the name that the go command gives to the executable.
	Executable string `json:"executable"`
}

// FindImportPath finds a main package by its import path, as the current folder
// knows it.
func (t Target) FindImportPath(importPath string) (Package, error) {
	folder, err := os.Getwd()
	if err != nil {
		return Package{}, err
	}
	found, _, err := t.find(folder, importPath)
	return found, err
}

// FindFolder finds the main package in a folder. A folder of the current module
// or workspace is built with it, and any other with its own go.mod.
func (t Target) FindFolder(folder string) (Package, error) {
	here, err := os.Getwd()
	if err != nil {
		return Package{}, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return Package{}, err
	}
	if found, _, err := t.find(here, folder); err == nil {
		return found, nil
	} else if errors.As(err, new(*NotMainError)) {
		return Package{}, err
	}
	found, module, err := t.find(folder, ".")
	if module != "" {
		found.Folder = module
	}
	return found, err
}

// NotMainError is the error for a package that is not a main package.
type NotMainError struct{ Name string }

func (e *NotMainError) Error() string {
	return fmt.Sprintf("it is package %s", e.Name)
}

// find runs `go list` in a folder. It also returns the folder of the package's
// module.
func (t Target) find(folder, pattern string) (found Package, module string, err error) {
	list := exec.Command("go", "list", "-find", "-tags="+Tags, "-f", "{{.Name}}\n{{.ImportPath}}\n{{.Dir}}\n{{.Target}}\n{{with .Module}}{{.Dir}}{{end}}", "--", pattern)
	list.Dir = folder
	list.Env = append(os.Environ(), append(t.environment, "PWD="+folder)...)
	var problem bytes.Buffer
	list.Stderr = &problem
	reads.Ask()
	out, err := list.Output()
	if err != nil {
		return Package{}, "", &commandError{err, said(problem.String())}
	}
	fields := strings.Split(string(out), "\n")
	if len(fields) < 5 {
		return Package{}, "", fmt.Errorf("go list: got %q, expected five lines", out)
	}
	if fields[0] != "main" {
		return Package{}, "", &NotMainError{fields[0]}
	}
	executable := path.Base(fields[1])
	if fields[3] != "" {
		executable = strings.TrimSuffix(filepath.Base(fields[3]), ".exe")
	}
	return Package{Folder: folder, Source: fields[2], ImportPath: fields[1], Executable: executable}, fields[4], nil
}
