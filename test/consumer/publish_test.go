package consumer

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/moduleproxy"
)

const modulePath = moduleproxy.Module

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
	files, err := moduleproxy.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintln(sum, f.Path())
		text, err := os.ReadFile(filepath.Join(root, f.Path()))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(text)
	}
	p := published{version: fmt.Sprintf("v0.0.1-test%x", sum.Sum(nil)[:6])}
	packed, err := moduleproxy.Pack(root, p.version)
	if err != nil {
		t.Fatal(err)
	}
	if p.proxy, err = moduleproxy.Serve(t.TempDir(), p.version, packed); err != nil {
		t.Fatal(err)
	}

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
