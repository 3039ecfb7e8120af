package moduleproxy

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Published is this module, as a Go module proxy serves it.
type Published struct {
	Version string
	Proxy   string // the URL of the proxy
	Folder  string // where the module cache has it
}

// Publish packs the files of a checkout, with what is not yet committed, and takes them
// out of the module cache when the test ends. Tests that run at the same time give
// versions of different labels, such as "test".
func Publish(t testing.TB, root, label string) Published {
	t.Helper()
	files, err := Files(root)
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
	p := Published{Version: fmt.Sprintf("v0.0.1-%s%x", label, sum.Sum(nil)[:6])}
	packed, err := Pack(root, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	if p.Proxy, err = Serve(t.TempDir(), p.Version, packed); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(string(out))
	p.Folder = filepath.Join(cache, filepath.FromSlash(Module)+"@"+p.Version)
	t.Cleanup(func() {
		_ = filepath.WalkDir(p.Folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				return os.Chmod(name, 0o755) // the go command makes folders read-only
			}
			return err
		})
		downloads, _ := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(Module), "@v", p.Version+"*"))
		for _, name := range append(downloads, p.Folder) {
			if err := os.RemoveAll(name); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}
