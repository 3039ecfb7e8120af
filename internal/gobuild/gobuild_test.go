package gobuild

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// module writes a module into a new folder, and makes that the current one.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	files["go.mod"] = "module example.com/app\n\ngo 1.26\n"
	write(t, folder, files)
	t.Chdir(folder)
	return folder
}

func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const nothing = "package main\n\nfunc main() {}\n"

func TestAnExecutableIsLinkedAgainOnlyIfItChanged(t *testing.T) {
	folder := module(t, map[string]string{"one/main.go": nothing, "two/main.go": nothing})
	into := t.TempDir()
	build := func() (paths []string, infos []os.FileInfo) {
		t.Helper()
		var packages []Package
		for _, name := range []string{"one", "two"} {
			p, err := Host().FindFolder(name)
			if err != nil {
				t.Fatal(err)
			}
			packages = append(packages, p)
		}
		executables, err := Host().Build(context.Background(), packages, into)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packages {
			info, err := os.Stat(executables[p])
			if err != nil {
				t.Fatal(err)
			}
			paths, infos = append(paths, executables[p]), append(infos, info)
		}
		return paths, infos
	}
	paths, before := build()
	placed := filepath.Join(t.TempDir(), "one")
	if err := Place(paths[0], placed); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(placed)
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, map[string]string{"one/main.go": "package main\n\nfunc main() { println(1) }\n"})
	_, after := build()
	if os.SameFile(before[0], after[0]) {
		t.Error("one: got the same file, expected another: its package has changed")
	}
	if !os.SameFile(before[1], after[1]) {
		t.Error("two: got another file, expected the same: its package has not changed")
	}
	if now, err := os.ReadFile(placed); err != nil || string(now) != string(kept) {
		t.Errorf("got another executable in its place (%v), expected a build to leave it alone", err)
	}
}

// An edited comment makes no other asset, and so no other version of a function.
func TestAnAssetDoesNotDependOnComments(t *testing.T) {
	folder := module(t, map[string]string{"worker/main.go": "package main\n\n// before\nfunc main() {}\n"})
	into := t.TempDir()
	build := func() (executable os.FileInfo, asset string) {
		t.Helper()
		p, err := Lambda("arm64").FindFolder("worker")
		if err != nil {
			t.Fatal(err)
		}
		executables, err := Lambda("arm64").Build(t.Context(), []Package{p}, into)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "bootstrap")
		if err := CopyWithoutID(executables[p], path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(executables[p])
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return info, string(bytes)
	}
	before, first := build()
	if again, _ := build(); !os.SameFile(before, again) {
		t.Error("got another executable from the same sources, expected that it is not linked again")
	}
	write(t, folder, map[string]string{"worker/main.go": "package main\n\n// after\nfunc main() {}\n"})
	if _, second := build(); second != first {
		t.Error("got another asset after an edit of a comment, expected the same")
	}
	write(t, folder, map[string]string{"worker/main.go": "package main\n\n// after\nfunc main() { println(1) }\n"})
	if _, third := build(); third == first {
		t.Error("got the same asset after an edit of the code, expected another")
	}
}

func TestFoldersOfExecutablesAreClosedToOtherUsers(t *testing.T) {
	folder := module(t, map[string]string{"worker/main.go": nothing})
	into, placed := filepath.Join(t.TempDir(), "functions"), filepath.Join(t.TempDir(), "run", "worker")
	p := Package{Folder: folder, ImportPath: "example.com/app/worker", Executable: "worker"}
	executables, err := Host().Build(t.Context(), []Package{p}, into)
	if err == nil {
		err = Place(executables[p], placed)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{into, filepath.Dir(executables[p]), filepath.Dir(placed)} {
		info, err := os.Stat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
			t.Errorf("%s: got mode %s, expected 0700", folder, info.Mode())
		}
	}
}

func TestFoldersOfOtherModulesAreBuiltInThem(t *testing.T) {
	folder := module(t, map[string]string{"worker/main.go": nothing, "other/go.mod": "module example.com/other\n", "other/worker/main.go": nothing})
	for entry, expected := range map[string]Package{
		"worker":       {Folder: folder, Source: filepath.Join(folder, "worker"), ImportPath: "example.com/app/worker", Executable: "worker"},
		"other/worker": {Folder: filepath.Join(folder, "other"), Source: filepath.Join(folder, "other", "worker"), ImportPath: "example.com/other/worker", Executable: "worker"},
	} {
		if got, err := Host().FindFolder(entry); err != nil || got != expected {
			t.Errorf("%s: got %+v, %v, expected %+v", entry, got, err, expected)
		}
	}
}

func TestPackagesWithExecutablesOfOneNameAreBuiltApart(t *testing.T) {
	packages := []Package{
		{Folder: "/m", ImportPath: "m/a/worker", Executable: "worker"},
		{Folder: "/m", ImportPath: "m/b/Worker", Executable: "Worker"},
		{Folder: "/m", ImportPath: "m/summary", Executable: "summary"},
		{Folder: "/m", ImportPath: "m/summary", Executable: "summary"},
		{Folder: "/n", ImportPath: "n/start", Executable: "start"},
	}
	var got []string
	for _, b := range batches(packages) {
		names := []string{b.folder}
		for _, p := range b.packages {
			names = append(names, p.ImportPath)
		}
		got = append(got, strings.Join(names, " "))
	}
	expected := []string{"/m m/a/worker m/summary", "/m m/b/Worker", "/n n/start"}
	if strings.Join(got, "; ") != strings.Join(expected, "; ") {
		t.Errorf("got the batches %q, expected %q", got, expected)
	}
}

func TestOnlyFlagsAboutModulesAreKept(t *testing.T) {
	for goflags, expected := range map[string]string{
		"":                                     "-buildvcs=false",
		"-mod=vendor":                          "-buildvcs=false -mod=vendor",
		"-race --mod=mod -tags=x":              "-buildvcs=false --mod=mod",
		"-modfile=other.mod -modcacherw":       "-buildvcs=false -modfile=other.mod -modcacherw",
		"-trimpath=false -ldflags=-X=a=b -v=1": "-buildvcs=false",
		"'-ldflags=-X a -mod=mod' -mod=vendor": "-buildvcs=false -mod=vendor",
		`"-modfile=my own.mod"  -race`:         "-buildvcs=false '-modfile=my own.mod'",
		`"-modfile=joe's own.mod"`:             `-buildvcs=false "-modfile=joe's own.mod"`,
	} {
		if got := moduleFlags(goflags); got != expected {
			t.Errorf("%q: got %q, expected %q", goflags, got, expected)
		}
	}
}

func TestFailuresNameTheirCure(t *testing.T) {
	for problem, expected := range map[string]string{
		"main.go:3:2: missing go.sum entry for module providing package x":                 "`go mod tidy`",
		"go: updates to go.mod needed":                                                     "`go mod tidy`",
		"go: inconsistent vendoring in /app:":                                              "`go mod tidy && go mod vendor`",
		"cannot find module providing package x: import lookup disabled by -mod=vendor":    "`go mod tidy && go mod vendor`",
		"no required module provides package x; to add it:\n\tgo get x":                    "`go get -tool`",
		"example.com/x@v1.0.0: module lookup disabled by GOPROXY=off":                      "`go mod download`",
		"go: downloading example.com/x v1.0.0\nworker/main.go:7:2: undefined: missing":     "",
		"# example.com/x\nworker/main.go:1:1: expected 'package', found 'EOF'":             "",
		"package x is not in std (/usr/local/go/src/x)":                                    "",
		"go: example.com/y@v1: Get \"https://example.com\": dial tcp: lookup example.com:": "",
	} {
		err := &commandError{os.ErrInvalid, said(problem)}
		lines := strings.Split(err.Error(), "\n")
		last := lines[len(lines)-1]
		if expected == "" && err.Error() != said(problem) || !strings.Contains(last, expected) {
			t.Errorf("%q: got %q, expected the cure %q", problem, err, expected)
		}
	}
}

func TestABuildEndsWithItsContext(t *testing.T) {
	folder := module(t, map[string]string{"worker/main.go": nothing})
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	_, err := Host().Build(ctx, []Package{{Folder: folder, ImportPath: "example.com/app/worker", Executable: "worker"}}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v, expected an interrupted build", err)
	}
}
