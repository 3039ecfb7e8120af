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
	if err := copyConsumer(root, filepath.Join(folder, "consumer")); err != nil {
		return nil, err
	}
	return &Project{Folder: folder}, os.Symlink(tools, filepath.Join(folder, "node_modules"))
}

// copyConsumer copies the app of test/consumer, with a go.mod that requires the copy. It
// has the modules of the repository, so that nothing is downloaded.
func copyConsumer(root, folder string) error {
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	const ours = "module github.com/mapjob/mapjob\n"
	if !strings.HasPrefix(string(module), ours) {
		return fmt.Errorf("go.mod: expected %q at its beginning", ours)
	}
	module = append([]byte("module example.com/shop\n\nrequire github.com/mapjob/mapjob v0.0.0\n\nreplace github.com/mapjob/mapjob => ../\n"), module[len(ours):]...)
	return errors.Join(
		os.CopyFS(folder, os.DirFS(filepath.Join(root, "test", "consumer", "testdata", "shop"))),
		os.CopyFS(filepath.Join(folder, "worker"), os.DirFS(filepath.Join(root, "examples", "worker"))),
		copyFile(filepath.Join(root, "go.sum"), filepath.Join(folder, "go.sum")),
		copyFile(filepath.Join(root, "examples", "cdk.json"), filepath.Join(folder, "cdk.json")),
		os.WriteFile(filepath.Join(folder, "go.mod"), module, 0o644))
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
