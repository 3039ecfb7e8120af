// Package moduleproxy publishes this module as a Go module proxy does, in a
// folder that the go command reads through GOPROXY=file://.
package moduleproxy

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// Module is the path of this module.
const Module = "github.com/mapjob/mapjob"

// Files lists the files of the module in a checkout: those of Git, with what is not
// yet committed, and without those of other modules.
func Files(root string) ([]modzip.File, error) {
	out, err := git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	var modules []string
	for _, name := range names {
		if folder, file := path.Split(name); file == "go.mod" && folder != "" {
			modules = append(modules, folder)
		}
	}
	var files []modzip.File
next:
	for _, name := range names {
		for _, other := range modules {
			if strings.HasPrefix(name, other) {
				continue next
			}
		}
		info, err := os.Lstat(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted
		}
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			files = append(files, source{root, name})
		}
	}
	return files, nil
}

// source is a file of a checkout.
type source struct{ root, path string }

func (s source) Path() string                 { return s.path }
func (s source) Lstat() (fs.FileInfo, error)  { return os.Lstat(filepath.Join(s.root, s.path)) }
func (s source) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(s.root, s.path)) }

// Pack returns the module's zip of a version, made of the files of a checkout.
func Pack(root, version string) ([]byte, error) {
	files, err := Files(root)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	err = modzip.Create(&packed, module.Version{Path: Module, Version: version}, files)
	return packed.Bytes(), err
}

// PackCommit returns the module's zip of a version, made as the proxies make it from
// a commit of the repository.
func PackCommit(root, commit, version string) ([]byte, error) {
	temporary, err := os.MkdirTemp("", "mapjob-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	// A clone, because package zip does not read worktrees. It has no attributes that
	// leave files out: those of the go command's clones are overridden too.
	clone := filepath.Join(temporary, "clone")
	if _, err := git(root, "clone", "--quiet", "--shared", "--no-checkout", ".", clone); err != nil {
		return nil, err
	}
	attributes := filepath.Join(clone, ".git", "info", "attributes")
	if err := os.MkdirAll(filepath.Dir(attributes), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(attributes, []byte("* -export-subst -export-ignore\n"), 0o644); err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	err = modzip.CreateFromVCS(&packed, module.Version{Path: Module, Version: version}, clone, commit, "")
	return packed.Bytes(), err
}

// Serve writes what a proxy serves of a version to a folder, and returns the folder's
// address for GOPROXY.
func Serve(folder, version string, packed []byte) (string, error) {
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return "", err
	}
	goMod, err := fs.ReadFile(files, Module+"@"+version+"/go.mod")
	if err != nil {
		return "", err
	}
	served := filepath.Join(folder, filepath.FromSlash(Module), "@v")
	if err := os.MkdirAll(served, 0o755); err != nil {
		return "", err
	}
	for name, text := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": fmt.Appendf(nil, `{"Version": %q}`, version),
		version + ".mod":  goMod,
		version + ".zip":  packed,
	} {
		if err := os.WriteFile(filepath.Join(served, name), text, 0o644); err != nil {
			return "", err
		}
	}
	return "file://" + filepath.ToSlash(folder), nil
}

func git(folder string, args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = folder
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w\n%s", args[0], err, &problem)
	}
	return out, nil
}
