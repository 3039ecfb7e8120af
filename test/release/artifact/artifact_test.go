package artifact

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

type text struct{ name, content string }

func (f text) Path() string                 { return f.name }
func (f text) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.content)), nil }
func (f text) Lstat() (os.FileInfo, error)  { return info{f}, nil }

type info struct{ text }

func (i info) Name() string       { return filepath.Base(i.name) }
func (i info) Size() int64        { return int64(len(i.content)) }
func (i info) Mode() os.FileMode  { return 0o644 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }

// proxy serves example.com/hello, whose command prints its version.
func proxy(t *testing.T) string {
	t.Helper()
	version := module.Version{Path: "example.com/hello", Version: "v1.2.3"}
	goMod := "module example.com/hello\n\ngo 1.26\n"
	main := "package main\n\nimport (\n\t\"fmt\"\n\t\"runtime\"\n\t\"runtime/debug\"\n)\n\nfunc main() {\n\tinfo, _ := debug.ReadBuildInfo()\n\t_, file, _, _ := runtime.Caller(0)\n\tfmt.Print(info.Main.Version, \" \", file)\n}\n"
	var packed bytes.Buffer
	if err := zip.Create(&packed, version, []zip.File{text{"go.mod", goMod}, text{"main.go", main}}); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	folder := filepath.Join(root, "example.com", "hello", "@v")
	err := os.MkdirAll(folder, 0o755)
	for name, content := range map[string]string{"list": "v1.2.3\n", "v1.2.3.info": `{"Version": "v1.2.3"}`, "v1.2.3.mod": goMod, "v1.2.3.zip": packed.String()} {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(root)
}

func TestABinaryIsTheSameInEveryFolder(t *testing.T) {
	address := proxy(t)
	build := func(platform string) string {
		t.Helper()
		path, err := Builder{Proxy: address, Package: "example.com/hello", Version: "v1.2.3", Folder: t.TempDir()}.Build(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, two := build(Host), build(Host)
	if err := Same(one, two); err != nil || one == two {
		t.Errorf("got error %v for %s and %s", err, one, two)
	}
	if out, err := exec.Command(one).Output(); err != nil || string(out) != "v1.2.3 example.com/hello@v1.2.3/main.go" {
		t.Errorf("got %q and error %v, expected the version and a path without a folder of this machine", out, err)
	}
	other := "linux/arm64"
	if other == Host {
		other = "linux/amd64"
	}
	if err := Same(one, build(other)); err == nil || !strings.Contains(err.Error(), "differ from byte") {
		t.Errorf("got error %v, expected that another platform has other bytes", err)
	}

	defer func(flags []string) { Flags = flags }(Flags)
	Flags = []string{"-ldflags=-s -w"} // paths stay in the binary
	if err := Same(build(Host), build(Host)); err == nil {
		t.Error("got the same bytes without -trimpath, expected that the folder is noticed")
	}
}

func TestABuildThatLacksAModuleFails(t *testing.T) {
	_, err := Builder{Proxy: proxy(t), Package: "example.com/hello", Version: "v9.9.9", Folder: t.TempDir()}.Build(t.Context(), Host)
	if err == nil || !strings.Contains(err.Error(), "go install example.com/hello@v9.9.9 for "+Host) {
		t.Errorf("got error %v, expected the command that failed", err)
	}
}

func TestAnArchiveIsTheSameAtAnyTime(t *testing.T) {
	changed := time.Date(2026, 11, 29, 1, 2, 3, 456, time.FixedZone("", 3600))
	files := []File{{"mapjob", []byte("binary"), true}, {"LICENSE", []byte("license"), false}}
	one, err := Archive("mapjob_0.1.0", changed, files)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(files)
	two, err := Archive("mapjob_0.1.0", changed.UTC(), files)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("got error %v and other bytes for the files in another order, expected the same", err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	if !unpacked.ModTime.IsZero() || unpacked.Name != "" {
		t.Errorf("got the gzip header %+v, expected no time and no name", unpacked.Header)
	}
	r := tar.NewReader(unpacked)
	var got []string
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || h.Uid != 0 || h.Gid != 0 || h.Uname != "" || !h.ModTime.Equal(changed.Truncate(time.Second)) {
			t.Errorf("%s: got %+v and error %v, expected root as the owner and the time of the commit", h.Name, h, err)
		}
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name+" "+string(content))
	}
	if expected := []string{"-rw-r--r-- mapjob_0.1.0/LICENSE license", "-rwxr-xr-x mapjob_0.1.0/mapjob binary"}; !slices.Equal(got, expected) {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

func TestSums(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "b"), []byte("b"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time, the sums are there
		if err := WriteSums(folder); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(folder, SumsName))
	if expected := "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b\n"; err != nil || string(got) != expected {
		t.Errorf("got %q and error %v, expected %q", got, err, expected)
	}
}
