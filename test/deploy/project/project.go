// Package project copies the files of this repository that its apps are made of, as
// somebody has them who cloned it, so that they can be changed and deployed.
package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// files are what the sample app and the examples need.
var files = []string{"app.go", "cdk.json", "go.mod", "go.sum", "package.json", "cmd", "constructs", "examples", "internal", "job", "lambdas", "sfntest", "stacks"}

// Project is a copy.
type Project struct {
	Folder string
}

// Copy copies the repository at root into a folder, which must not exist. The copy
// shares the tools of node_modules.
func Copy(root, folder string) (*Project, error) {
	tools, err := filepath.Abs(filepath.Join(root, "node_modules"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(tools, ".bin", "cdk")); err != nil {
		return nil, fmt.Errorf("found no CDK command line in %s: run make setup", tools)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, err
	}
	for _, name := range files {
		from, to := filepath.Join(root, name), filepath.Join(folder, name)
		info, err := os.Stat(from)
		switch {
		case err != nil:
			return nil, err
		case info.IsDir():
			err = os.CopyFS(to, os.DirFS(from))
		default:
			err = copyFile(from, to)
		}
		if err != nil {
			return nil, err
		}
	}
	// What runs and deployments of the examples have left behind.
	for _, left := range []string{"cdk.out", ".mapjob"} {
		if err := os.RemoveAll(filepath.Join(folder, "examples", left)); err != nil {
			return nil, err
		}
	}
	return &Project{Folder: folder}, os.Symlink(tools, filepath.Join(folder, "node_modules"))
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// Replace replaces a text that a file has exactly once.
func (p *Project) Replace(file, before, after string) error {
	path := filepath.Join(p.Folder, filepath.FromSlash(file))
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), before); n != 1 {
		return fmt.Errorf("%s: got %d times %q, expected once", file, n, before)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), before, after, 1)), 0o644)
}

// Restore takes files from the repository at root again.
func (p *Project) Restore(root string, files ...string) error {
	var problems []error
	for _, file := range files {
		problems = append(problems, copyFile(filepath.Join(root, filepath.FromSlash(file)), filepath.Join(p.Folder, filepath.FromSlash(file))))
	}
	return errors.Join(problems...)
}
