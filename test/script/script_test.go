// Package script runs mapjob as users type it, with an app whose functions do
// what their items say.
package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/internal/gobuild"
	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/test/script/commands"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mapjob": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	assembly, estate := synthesize(t, root, "faulty"), synthesize(t, root, "estate")
	built := build(t, assembly)
	goSettings := settings(t)
	libraries := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("APP", "cp -R "+assembly+"/. $CDK_OUTDIR")
			env.Setenv("ESTATE", "cp -R "+estate+"/. $CDK_OUTDIR")
			env.Setenv("ROOT", root)
			env.Setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", libraries)            // the CDK is not unpacked for each script
			env.Setenv("MAPJOB_BIN", filepath.SplitList(env.Getenv("PATH"))[0]) // where only the command is
			env.Setenv(commands.Mark, env.WorkDir)                              // marks every process of this script
			for name, value := range goSettings {                               // functions are built, with the caches of this machine
				env.Setenv(name, value)
			}
			return errors.Join(
				link(built, filepath.Join(env.WorkDir, ".mapjob", "functions")),
				os.Symlink(filepath.Join(root, "node_modules"), filepath.Join(env.WorkDir, "node_modules")),
			)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answer": answer, "ask": commands.Ask, "json": commands.JSON, "lines": checkLines, "module": makeModule, "nothing-left": commands.NothingLeft, "paste": paste, "private": checkPrivate, "runs": checkRuns, "stepfunctions": stepFunctions, "take": take, "take-port": takePort, "take-run": takeRun, "take-token": takeToken, "wait-for": waitFor,
		},
	})
}

// module: the folder of the script is a Go module that uses this one.
func makeModule(ts *testscript.TestScript, _ bool, _ []string) {
	root := ts.Getenv("ROOT")
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	ts.Check(err)
	_, requirements, _ := strings.Cut(string(text), "\n") // after the module's path
	mod := fmt.Sprintf("module example.com/app\n%s\nrequire github.com/mapjob/mapjob v0.0.0\n\nreplace github.com/mapjob/mapjob => %s\n", requirements, root)
	ts.Check(os.WriteFile(ts.MkAbs("go.mod"), []byte(mod), 0o600))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("go.sum"), sums, 0o600))
}

// take-token NAME ITEM: the variable is the token of an item's task, in the last answer of
// mapjob waiting --json.
func takeToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: take-token NAME ITEM")
	}
	var page waiting.Page
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &page))
	for _, task := range page.Tasks {
		if strconv.Itoa(task.First) == args[1] {
			ts.Setenv(args[0], task.Token)
			return
		}
	}
	ts.Fatalf("item %s: got no task in %v", args[1], page.Tasks)
}

// checkPrivate checks that other users have no access to a folder, nor to
// anything in it, wherever it is copied to.
func checkPrivate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: private FOLDER")
	}
	files := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%s: got mode %s, expected no access for others", path, info.Mode())
		}
		return nil
	}))
	if files < 10 {
		ts.Fatalf("got %d files in %s, expected those of a run", files, args[0])
	}
}

// runs N: .mapjob/runs has the folders of N runs.
func checkRuns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: runs N")
	}
	folders, _ := filepath.Glob(ts.MkAbs(".mapjob/runs/[0-9]*-[0-9]*-*"))
	if got := strconv.Itoa(len(folders)); got != args[0] {
		ts.Fatalf("got %s runs, expected %s: %q", got, args[0], folders)
	}
}

// synthesize makes the assembly of an app once. Scripts copy it instead of running the app.
func synthesize(t *testing.T, root, app string) string {
	t.Helper()
	folder := t.TempDir()
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = filepath.Join(root, "test", "script", app)
	cmd.Env = append(os.Environ(), "CDK_OUTDIR="+folder, "CDK_VALIDATION=false",
		"PATH="+filepath.Join(root, "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		`CDK_CONTEXT_JSON={"mapjob:local":true,"aws:cdk:enable-path-metadata":true}`)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("synthesizing the app %s: %v\n%s", app, err, said)
	}
	return folder
}

// build builds the functions of an assembly once. Scripts find them built.
func build(t *testing.T, assembly string) string {
	t.Helper()
	read, err := template.Read(assembly)
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := read.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	var packages []gobuild.Package
	for _, r := range synthesized.Resources("AWS::Lambda::Function") {
		var p gobuild.Package
		if _, err := r.Metadata(protocol.PackageMetadata, &p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	folder := t.TempDir()
	if _, err := gobuild.Host().Build(context.Background(), packages, folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

// settings returns the Go settings that say where modules and builds are kept.
func settings(t *testing.T) map[string]string {
	t.Helper()
	text, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY").Output()
	var found map[string]string
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// link makes the files of a folder available in another one.
func link(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		default:
			return os.Link(path, filepath.Join(to, relative))
		}
	})
}

// lines FILES N: the file that matches the pattern has N lines.
func checkLines(ts *testscript.TestScript, neg bool, args []string) {
	files, _ := filepath.Glob(ts.MkAbs(args[0]))
	if len(files) != 1 {
		ts.Fatalf("got files %v for %s, expected one", files, args[0])
	}
	text, err := os.ReadFile(files[0])
	ts.Check(err)
	if n := strconv.Itoa(strings.Count(string(text), "\n")); (n == args[1]) == neg {
		ts.Fatalf("got %s lines in %s, expected %s", n, files[0], args[1])
	}
}

// take-port NAME: $NAME is a port that another program uses.
func takePort(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
}

// wait-for FILES PATTERN: wait until one of the files matches the pattern.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	for range 2400 {
		files, _ := filepath.Glob(ts.MkAbs(args[0]))
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && pattern.Match(text) {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("no file of %s matched %s within two minutes", args[0], args[1])
}
