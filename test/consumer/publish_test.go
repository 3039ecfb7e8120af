package consumer

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const modulePath = "github.com/mapjob/mapjob"

// published is this module, as a Go module proxy serves it.
type published struct {
	version string
	proxy   string // the URL of the proxy
	folder  string // where the module cache has it
}

// publish packs the files of this repository, with what is not yet committed, and
// takes them out of the module cache when the test ends.
func publish(t *testing.T) published {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files := sources(t, root)
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintln(sum, f.path)
		text, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(text)
	}
	p := published{version: fmt.Sprintf("v0.0.1-test%x", sum.Sum(nil)[:6])}

	proxy := t.TempDir()
	p.proxy = "file://" + filepath.ToSlash(proxy)
	serve := func(name string, text []byte) {
		name = filepath.Join(proxy, filepath.FromSlash(modulePath), "@v", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var packed bytes.Buffer
	var all []zip.File
	for _, f := range files {
		all = append(all, f)
	}
	if err := zip.Create(&packed, module.Version{Path: modulePath, Version: p.version}, all); err != nil {
		t.Fatal(err)
	}
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	serve("list", []byte(p.version+"\n"))
	serve(p.version+".info", fmt.Appendf(nil, `{"Version": %q}`, p.version))
	serve(p.version+".mod", goMod)
	serve(p.version+".zip", packed.Bytes())

	cache := strings.TrimSpace(output(t, exec.Command("go", "env", "GOMODCACHE")))
	p.folder = filepath.Join(cache, filepath.FromSlash(modulePath)+"@"+p.version)
	t.Cleanup(func() {
		_ = filepath.WalkDir(p.folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				return os.Chmod(name, 0o755) // the go command makes folders read-only
			}
			return err
		})
		downloads, _ := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(modulePath), "@v", p.version+"*"))
		for _, name := range append(downloads, p.folder) {
			if err := os.RemoveAll(name); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

// source is a file of the repository.
type source struct{ root, path string }

func (s source) Path() string                 { return s.path }
func (s source) Lstat() (fs.FileInfo, error)  { return os.Lstat(filepath.Join(s.root, s.path)) }
func (s source) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(s.root, s.path)) }

// sources lists the files of the module: those of Git, without other modules.
func sources(t *testing.T, root string) []source {
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names := strings.Split(strings.TrimSuffix(output(t, list), "\x00"), "\x00")
	var modules []string
	for _, name := range names {
		if folder, file := path.Split(name); file == "go.mod" && folder != "" {
			modules = append(modules, folder)
		}
	}
	var files []source
next:
	for _, name := range names {
		for _, other := range modules {
			if strings.HasPrefix(name, other) {
				continue next
			}
		}
		info, err := os.Lstat(filepath.Join(root, name))
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted, or a link
		}
		files = append(files, source{root, name})
	}
	return files
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &problem)
	}
	return string(out)
}
