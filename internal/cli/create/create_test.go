package create

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/cli/terminal"
)

func TestBadNamesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		command  Command
		expected string
	}{
		"no job":                  {Command{Job: "", Folder: "."}, `--job: got ""`},
		"lower case":              {Command{Job: "nightly", Folder: "."}, `--job: got "nightly"`},
		"hyphen":                  {Command{Job: "Night-Job", Folder: "."}, `--job: got "Night-Job"`},
		"not ASCII":               {Command{Job: "Nächte", Folder: "."}, `--job: got "Nächte"`},
		"long":                    {Command{Job: strings.Repeat("N", 41), Folder: "."}, "--job: got"},
		"outside":                 {Command{Job: "Nightly", Folder: "../jobs"}, `--folder: got "../jobs"`},
		"absolute":                {Command{Job: "Nightly", Folder: "/jobs"}, `--folder: got "/jobs"`},
		"a space":                 {Command{Job: "Nightly", Folder: "my jobs"}, `--folder: got "my jobs"`},
		"ignored by go":           {Command{Job: "Nightly", Folder: "a/testdata"}, `--folder: got "a/testdata"`},
		"module with a space":     {Command{Job: "Nightly", Folder: ".", Module: "my shop"}, `--module: got "my shop"`},
		"module that is a folder": {Command{Job: "Nightly", Folder: ".", Module: "./shop"}, `--module: got "./shop"`},
		"no released version":     {Command{Job: "Nightly", Folder: "."}, "set --mapjob"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("GOWORK", "off")
			err := c.command.Run(t.Context(), &terminal.Streams{Out: new(bytes.Buffer), Err: new(bytes.Buffer)})
			if err == nil || !strings.Contains(err.Error(), c.expected) || !strings.Contains(err.Error(), "expected") {
				t.Errorf("got error %v, expected one with %q and what is expected", err, c.expected)
			}
			if entries, err := os.ReadDir("."); err != nil || len(entries) != 0 {
				t.Errorf("got %d files and error %v, expected an empty folder", len(entries), err)
			}
		})
	}
}

func TestTheFeatureFlagsAreThoseOfTheCDK(t *testing.T) {
	recommended := map[string]any{}
	flags := "../../../node_modules/aws-cdk/lib/init-templates/.recommended-feature-flags.json"
	if _, err := os.Stat("../../../node_modules"); os.IsNotExist(err) {
		t.Skip("NOT TESTED: the CDK is not installed: run make setup")
	}
	read := func(name string, value any) {
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	read(flags, &recommended)
	var cdk struct{ Context map[string]any }
	read("files/cdk.json", &cdk)
	if diff := cmp.Diff(recommended, cdk.Context); diff != "" {
		t.Errorf("got other flags in files/cdk.json than `cdk init` sets (-expected +got):\n%s", diff)
	}
}

func TestTheModuleOfTheFolderIsTheJobs(t *testing.T) {
	root := t.TempDir()
	t.Setenv("GOWORK", "off")
	write(t, filepath.Join(root, "go.mod"), "module example.com/mono\n\ngo 1.25\n")
	here := filepath.Join(root, "services", "billing")
	if err := os.MkdirAll(here, 0o755); err != nil {
		t.Fatal(err)
	}
	m, err := findModule(t.Context(), commands{folder: here}, here, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := m.prefix(here, "jobs"); got != "example.com/mono/services/billing/jobs" {
		t.Errorf("got import path %s, expected it below the module's", got)
	}
	if err := m.ignore(t.Context(), commands{folder: here}, here); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !strings.Contains(string(text), "ignore ./services/billing/node_modules") {
		t.Errorf("got go.mod %q and error %v, expected that node_modules of the folder is ignored", text, err)
	}
	if _, err := findModule(t.Context(), commands{folder: here}, here, "example.com/other"); err == nil || !strings.Contains(err.Error(), `expected "example.com/mono"`) {
		t.Errorf("got error %v, expected one that names the module", err)
	}
}

func TestWhatExistsIsLeftAlone(t *testing.T) {
	for name, c := range map[string]struct{ file, text, expected string }{
		"an app":              {"cdk.json", `{"app": "npx ts-node bin"}`, `left alone; its app is "npx ts-node bin"`},
		"the same app":        {"cdk.json", `{"app": "go run ./app"}`, "existing cdk.json"},
		"a package.json":      {"package.json", `{"dependencies": {"left-pad": "1"}}`, "aws-cdk@2"},
		"one with the CDK":    {"package.json", `{"dependencies": {"aws-cdk": "2.1000.0"}}`, "existing package.json"},
		"an ignore file":      {".gitignore", "/node_modules\n", "add .mapjob/, cdk.out/"},
		"a full one":          {".gitignore", ".mapjob\ncdk.out/\n/node_modules/\n", "existing .gitignore"},
		"a worker":            {"lambdas/worker/main.go", "package main\n", "left alone; it is not what mapjob init writes"},
		"one without newline": {"stacks/stack.go", "package stacks", "left alone; it is not what mapjob init writes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, filepath.FromSlash(c.file), c.text)
			all, err := files("example.com/shop", "Nightly", ".")
			if err != nil {
				t.Fatal(err)
			}
			if err := checkFolders(all); err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				said, err := f.write()
				if err != nil {
					t.Fatal(err)
				}
				if expected := c.expected; f.name == c.file && said != expected && (strings.HasPrefix(expected, "existing") || !strings.Contains(said, expected)) {
					t.Errorf("got %q, expected %q", said, expected)
				}
			}
			next := []string{"run"}
			if name == "an app" {
				next = []string{"run", "--app", "go run ./app"}
			}
			if got := toRun(all); !slices.Equal(got, next) {
				t.Errorf("got the arguments %q to run the job, expected %q", got, next)
			}
			if text, err := os.ReadFile(c.file); err != nil || string(text) != c.text {
				t.Errorf("got %q and error %v, expected %q", text, err, c.text)
			}
			if _, err := os.Stat("app/main.go"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFoldersWithOtherGoCodeAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "app/server.go", "package app\n")
	write(t, "stacks/network.go", "package stacks\n")
	refused, err := files("example.com/shop", "Nightly", ".")
	if err != nil {
		t.Fatal(err)
	}
	err = checkFolders(refused)
	for _, expected := range []string{"app/server.go", "stacks/network.go", "--folder jobs"} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got error %v, expected one with %q", err, expected)
		}
	}
	accepted, err := files("example.com/shop/jobs", "Nightly", "jobs")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkFolders(accepted); err != nil {
		t.Error(err)
	}
}

func TestOwnVersion(t *testing.T) {
	of := func(path, version string, replace *debug.Module) *debug.Module {
		return &debug.Module{Path: path, Version: version, Replace: replace}
	}
	for name, c := range map[string]struct {
		info     *debug.BuildInfo
		expected string // empty if it is refused
	}{
		"go install":        {&debug.BuildInfo{Main: *of(mapjobModule, "v0.2.0", nil)}, "v0.2.0"},
		"go tool":           {&debug.BuildInfo{Main: *of("example.com/shop", "(devel)", nil), Deps: []*debug.Module{of(mapjobModule, "v0.3.0", nil)}}, "v0.3.0"},
		"a pushed commit":   {&debug.BuildInfo{Main: *of(mapjobModule, "v0.0.0-20260101000000-abcdefabcdef", nil)}, "v0.0.0-20260101000000-abcdefabcdef"},
		"a checkout":        {&debug.BuildInfo{Main: *of(mapjobModule, "(devel)", nil)}, ""},
		"a changed one":     {&debug.BuildInfo{Main: *of(mapjobModule, "v0.2.0+dirty", nil)}, ""},
		"a replaced module": {&debug.BuildInfo{Deps: []*debug.Module{of(mapjobModule, "v0.3.0", of("../mapjob", "", nil))}}, ""},
		"nothing known":     {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			version, err := ownVersion(c.info)
			if version != c.expected || (err == nil) != (c.expected != "") {
				t.Errorf("got %q and error %v, expected %q", version, err, c.expected)
			}
		})
	}
}

func TestEnvironmentDropsModFlags(t *testing.T) {
	got := environment([]string{"HOME=/", "GOFLAGS=-mod=vendor -modcacherw --mod=mod -modfile=x"})
	if expected := "GOFLAGS=-modcacherw -modfile=x"; got[0] != "HOME=/" || got[1] != expected {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAModuleThatItsWorkspaceDoesNotUseIsRefused(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "other", "go.mod"), "module example.com/other\n\ngo 1.26\n")
	write(t, filepath.Join(root, "shop", "go.mod"), "module example.com/shop\n\ngo 1.26\n")
	write(t, filepath.Join(root, "shop", "jobs", "jobs.go"), "package jobs\n")
	t.Setenv("GOWORK", "")
	for name, c := range map[string]struct{ work, below, expected string }{
		"not used":           {"use ./other", ".", "run `go work use .` first, or set GOWORK=off"},
		"not used, below":    {"use ./other", "jobs", "run `go work use ..` first, or set GOWORK=off"},
		"nothing is used":    {"", ".", "run `go work use .` first"},
		"used":               {"use (\n\t./other\n\t./shop\n)", ".", ""},
		"used, below":        {"use ./shop", "jobs", ""},
		"used by its path":   {"use " + filepath.Join(root, "shop"), ".", ""},
		"used, and one gone": {"use (\n\t./gone\n\t./shop\n)", ".", ""},
	} {
		t.Run(name, func(t *testing.T) {
			work := "go 1.26\n\n" + c.work + "\n"
			write(t, filepath.Join(root, "go.work"), work)
			here := filepath.Join(root, "shop", c.below)
			_, err := findModule(t.Context(), commands{folder: here}, here, "")
			if c.expected == "" && err != nil || c.expected != "" && (err == nil || !strings.Contains(err.Error(), c.expected)) {
				t.Errorf("got error %v, expected %q", err, c.expected)
			}
			if text, err := os.ReadFile(filepath.Join(root, "go.work")); err != nil || string(text) != work {
				t.Errorf("got go.work %q and error %v, expected that it is left alone", text, err)
			}
		})
	}
}

func TestTheFirstProblemOfACommandIsShown(t *testing.T) {
	problem := "go: example.com/shop/app imports\n\texample.com/shop/stacks imports\n\texample.com/cdk imports\n\texample.com/jsii imports\n\texample.com/yaml: module lookup disabled by GOPROXY=off"
	for name, c := range map[string]struct{ said, expected string }{
		"nothing":          {"", ""},
		"one line":         {"go: no such tool\n", "go: no such tool"},
		"no progress":      {"go: finding module for package a\ngo: downloading a v1.0.0\ngo: found a in a v1.0.0\ngo: added a v1.0.0\ngo: upgraded b v1 => v2\ngo: a: no", "go: a: no"},
		"few lines":        {"1\n2\n3\n4", "1\n2\n3\n4"},
		"many lines":       {"1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n(and 2 more lines)"},
		"a chain":          {problem, problem},
		"a chain and more": {problem + "\ngo: another", problem + "\n(and 1 more line)"},
		"200 problems":     {strings.Repeat("go: a: no\n", 200), "go: a: no\ngo: a: no\ngo: a: no\ngo: a: no\n(and 196 more lines)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := excerpt(c.said); got != c.expected {
				t.Errorf("got %q, expected %q", got, c.expected)
			}
		})
	}
}
