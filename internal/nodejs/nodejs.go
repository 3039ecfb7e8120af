// Package nodejs finds Node.js and its packages as a project has them: in the
// node_modules of a folder or of one above it, and Node.js also on PATH.
package nodejs

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
)

// Find returns the path of Node.js for a project.
func Find(folder string) (string, error) {
	for at := range upwards(folder) {
		if node, err := exec.LookPath(filepath.Join(at, "node_modules", ".bin", "node")); err == nil {
			return node, nil
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return "", fmt.Errorf("found no Node.js: %s, or install Node.js 22 or newer from your system's packages or nodejs.org", install(folder, "node", "24"))
	}
	return node, nil
}

// Package returns the folder of an npm package for a project. Version is the one
// that an error says to install.
func Package(folder, name, version string) (string, error) {
	for at := range upwards(folder) {
		found := filepath.Join(at, "node_modules", name)
		if _, err := os.Stat(filepath.Join(found, "package.json")); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("found no npm package %s: %s", name, install(folder, name, version))
}

// Path returns PATH with the programs of a project's npm packages first.
func Path(folder string) string {
	path := os.Getenv("PATH")
	for at := range upwards(folder) {
		bin := filepath.Join(at, "node_modules", ".bin")
		if _, err := os.Stat(bin); err == nil {
			return bin + string(os.PathListSeparator) + path
		}
	}
	return path
}

// install says how to install a package, in the folder of the project's
// package.json.
func install(folder, name, version string) string {
	at, known := project(folder, name)
	if known {
		return fmt.Sprintf("run `npm install` in %s, whose package.json asks for it", at)
	}
	return fmt.Sprintf("run `npm install --save-dev %s@%s` in %s", name, version, at)
}

// project returns the folder of the nearest package.json, or the folder itself if
// there is none, and whether that file asks for a package.
func project(folder, name string) (at string, known bool) {
	for at := range upwards(folder) {
		text, err := os.ReadFile(filepath.Join(at, "package.json"))
		if err != nil {
			continue
		}
		var asked struct{ Dependencies, DevDependencies map[string]string }
		_ = json.Unmarshal(text, &asked) // npm says what is wrong with it
		_, depends := asked.Dependencies[name]
		_, develops := asked.DevDependencies[name]
		return at, depends || develops
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return folder, false
	}
	return absolute, false
}

// upwards yields a folder and those above it.
func upwards(folder string) iter.Seq[string] {
	return func(yield func(string) bool) {
		at, err := filepath.Abs(folder)
		for err == nil && yield(at) && at != filepath.Dir(at) {
			at = filepath.Dir(at)
		}
	}
}
