package synthesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/inputs"
	"github.com/mapjob/mapjob/internal/reads"
)

// project is a folder with the app of testdata/app, which is current.
type project struct {
	*testing.T
	cache   Cache
	command string
	context map[string]string
	made    int
}

func newProject(t *testing.T, do, path string) *project {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "repository", "app")
	if err := os.CopyFS(folder, os.DirFS("testdata/app")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	t.Setenv("PATH", filepath.Join(root, "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	p := &project{T: t, cache: Cache{Folder: filepath.Join(".mapjob", "assemblies")}, context: map[string]string{"do": do, "path": path}}
	p.write("go.mod", "module github.com/mapjob/mapjob/app\n\ngo 1.26\n\nrequire github.com/mapjob/mapjob v0.0.0\n\nreplace github.com/mapjob/mapjob => "+root+"\n")
	p.write("../shared.yaml", "rate: 1\n")
	p.write("run.sh", "#!/bin/sh\n")
	p.must(os.Chmod("run.sh", 0o755))
	p.must(os.MkdirAll(p.cache.Folder, 0o755))
	p.age()
	return p
}

// age makes everything as old as if it had been there before.
func (p *project) age() {
	p.Helper()
	old := time.Now().Add(-time.Hour)
	p.must(filepath.WalkDir("..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.Type() == os.ModeSymlink {
			return err
		}
		return os.Chtimes(path, old, old)
	}))
	time.Sleep(20 * time.Millisecond) // when a file was moved or given another time can't be set
}

func (p *project) write(path, text string) {
	p.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.Fatal(err)
	}
}

func (p *project) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *project) app() *App {
	p.Helper()
	app, err := New(p.command, p.context)
	p.must(err)
	return app
}

// folder returns the path of a folder for another assembly.
func (p *project) folder() string {
	p.made++
	return filepath.Join(p.TempDir(), fmt.Sprint("cdk.out.", p.made))
}

// make synthesizes the app, and returns what its assembly says and why it is not
// kept.
func (p *project) make() (says string, notKept error) {
	p.Helper()
	folder := p.folder()
	notKept, err := p.cache.Make(context.Background(), p.app(), folder)
	p.must(err)
	return p.read(folder), notKept
}

// use returns what the assembly says that is used again, or "" if there is none.
func (p *project) use() string {
	p.Helper()
	folder := p.folder()
	if !p.cache.Use(p.app(), folder) {
		if _, err := os.Stat(folder); err == nil {
			p.Error("got part of an assembly, expected none")
		}
		return ""
	}
	return p.read(folder)
}

func (p *project) read(assembly string) string {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(assembly, "manifest.json"))
	p.must(err)
	return string(text)
}

// kept synthesizes the app, whose assembly has to be used again.
func (p *project) kept() (says string) {
	p.Helper()
	says, notKept := p.make()
	if notKept != nil {
		p.Fatalf("the assembly is not kept: %v", notKept)
	}
	if got := p.use(); got != says {
		p.Fatalf("got assembly %q, expected %q again", got, says)
	}
	return says
}

func TestAssemblyIsMadeAgainIfSomethingThatTheAppReadsChanges(t *testing.T) {
	for name, test := range map[string]struct {
		do, path string
		change   func(*project)
	}{
		"a file beside the app": {"read", "config.yaml", func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file above the app":  {"read", "../shared.yaml", func(p *project) { p.write("../shared.yaml", "rate: 2\n") }},
		"a file of the same size and time": {"read", "config.yaml", func(p *project) {
			info, err := os.Stat("config.yaml")
			p.must(err)
			p.write("config.yaml", "rate: 2\n")
			p.must(os.Chtimes("config.yaml", info.ModTime(), info.ModTime()))
		}},
		"a file that was removed":     {"read", "config.yaml", func(p *project) { p.must(os.Remove("config.yaml")) }},
		"a file that was not there":   {"read", "local.yaml", func(p *project) { p.write("local.yaml", "rate: 2\n") }},
		"a program that is only read": {"read", "run.sh", func(p *project) { p.write("run.sh", "#!/bin/sh\nexit 1\n") }},
		"whether there is a file":     {"stat", "local.yaml", func(p *project) { p.write("local.yaml", "") }},
		"a file in another folder":    {"cd", "lambdas/worker/main.go", func(p *project) { p.write("lambdas/worker/main.go", "package main\n") }},
		"a file in a root":            {"root", "config.yaml", func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a function's source": {"read", "lambdas/worker/main.go", func(p *project) {
			p.write("lambdas/worker/main.go", "package main\n\nfunc main() { println() }\n")
		}},
		"the names of functions":          {"list", "lambdas", func(p *project) { p.write("lambdas/summary/main.go", "package main\n\nfunc main() {}\n") }},
		"files of a pattern":              {"glob", "lambdas/*/*.go", func(p *project) { p.write("lambdas/worker/more.go", "package main\n") }},
		"the sizes of all files":          {"walk", "lambdas", func(p *project) { p.write("lambdas/worker/main.go", "package main\n") }},
		"an embedded file":                {"", "", func(p *project) { p.write("static/page.txt", "bye\n") }},
		"one more embedded file":          {"", "", func(p *project) { p.write("static/more/page.txt", "hello\n") }},
		"the app":                         {"", "", func(p *project) { p.write("more.go", "package main\n") }},
		"a file that is read before main": {"", "", func(p *project) { p.write("settings.yaml", "rate: 2\n") }},
		"a package of the app":            {"", "", func(p *project) { p.write("part/part.go", "package part\n\nconst Name, Settings = \"other\", \"\"\n") }},
		"go.mod":                          {"", "", func(p *project) { p.write("go.mod", "module github.com/mapjob/mapjob/app\n") }},
		"a workspace":                     {"", "", func(p *project) { p.write("../go.work", "go 1.26\n") }},
		"a variable":                      {"env", "STAGE", func(p *project) { p.Setenv("STAGE", "prod") }},
		"a variable of Node.js":           {"node", "console.log(process.env.STAGE)", func(p *project) { p.Setenv("STAGE", "prod") }},
		"a context value":                 {"", "", func(p *project) { p.context["stage"] = "prod" }},
		"cdk.json":                        {"", "", func(p *project) { p.write("cdk.json", `{"app": "go run -trimpath .", "context": {"stage": "prod"}}`) }},
		"cdk.context.json":                {"", "", func(p *project) { p.write("cdk.context.json", `{"vpc-provider": {"vpcId": "vpc-1"}}`) }},
		"the app's command":               {"", "", func(p *project) { p.command = "go run -trimpath ./ prod" }},
		"settings of Go":                  {"", "", func(p *project) { p.Setenv("GOEXPERIMENT", "nojsonv2") }},
		"the release of Go":               {"", "", func(p *project) { p.otherGo() }},
		"the release of Node.js":          {"", "", func(p *project) { p.otherNode() }},
		"a file that Node.js reads":       {"node", `fs.readFileSync("config.yaml")`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file that Node.js opens":       {"node", `fs.closeSync(fs.openSync("config.yaml"))`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file of a promise":             {"node", `fs.promises.readFile("config.yaml")`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file of a stream":              {"node", `fs.createReadStream("config.yaml").resume()`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file of a URL":                 {"node", `fs.readFileSync(require("url").pathToFileURL("config.yaml"))`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file of a module": {"module", `import { readFileSync } from "fs"; readFileSync("config.yaml")`, func(p *project) {
			p.write("config.yaml", "rate: 2\n")
		}},
		"a file that Node.js copies":    {"node", `fs.copyFileSync("config.yaml", process.env.CDK_OUTDIR + ".copy")`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a folder that Node.js copies":  {"node", `fs.cpSync("lambdas", process.env.CDK_OUTDIR + ".copy", {recursive: true})`, func(p *project) { p.write("lambdas/worker/main.go", "package main\n") }},
		"a folder that Node.js lists":   {"node", `fs.readdirSync("lambdas/worker")`, func(p *project) { p.write("lambdas/worker/more.go", "package main\n") }},
		"folders that Node.js lists":    {"node", `fs.readdirSync("lambdas", {recursive: true})`, func(p *project) { p.write("lambdas/worker/more.go", "package main\n") }},
		"whether Node.js finds a file":  {"node", `fs.existsSync("local.yaml")`, func(p *project) { p.write("local.yaml", "") }},
		"a file of another Node.js":     {"node", `require("child_process").spawnSync(process.execPath, ["-e", 'fs.readFileSync("config.yaml")'])`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
		"a file of a worker of Node.js": {"node", `new (require("worker_threads").Worker)('require("fs").readFileSync("config.yaml")', {eval: true})`, func(p *project) { p.write("config.yaml", "rate: 2\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, test.do, test.path)
			p.kept()
			test.change(p)
			if got := p.use(); got != "" {
				t.Errorf("got assembly %q again, expected none", got)
			}
		})
	}
}

// otherGo puts a go command of another release first on PATH.
func (p *project) otherGo() {
	if runtime.GOOS == "windows" {
		p.Skip("the go command is a shell script here")
	}
	real, err := filepath.Abs(filepath.Join(inputs.GoSettings(".")["GOROOT"], "bin", "go"))
	p.must(err)
	folder := p.TempDir()
	p.write(filepath.Join(folder, "go"), "#!/bin/sh\n'"+real+"' \"$@\" | sed 's/\"go1[.][0-9.]*\"/\"go1.99\"/'\n")
	p.must(os.Chmod(filepath.Join(folder, "go"), 0o755))
	before := os.Getenv("PATH")
	p.must(os.Setenv("PATH", folder+string(os.PathListSeparator)+before))
	if got := inputs.GoSettings(".")["GOVERSION"]; got != "go1.99" {
		p.Fatalf("got Go %s, expected go1.99", got)
	}
}

// otherNode makes another program the Node.js of the project, under the same path.
func (p *project) otherNode() {
	node := filepath.Join("node_modules", ".bin", "node")
	p.write(node, "another release")
	p.must(os.Chmod(node, 0o755))
}

func TestAssemblyIsUsedAgainIfSomethingElseChanges(t *testing.T) {
	for name, test := range map[string]struct {
		do, path string
		change   func(*project)
	}{
		"a function's source": {"list", "lambdas", func(p *project) {
			p.write("lambdas/worker/main.go", "package main\n\nfunc main() { println() }\n")
		}},
		"a function whose package the go command was asked for": {"ask", "./lambdas/worker", func(p *project) {
			p.write("lambdas/worker/main.go", "package main\n\nfunc main() { println() }\n")
		}},
		"a test of the app":    {"", "", func(p *project) { p.write("main_test.go", "package main\n") }},
		"a file that is below": {"", "", func(p *project) { p.write("README.md", "An app\n") }},
		"the time of a file": {"read", "config.yaml", func(p *project) {
			p.must(os.Chtimes("config.yaml", time.Now(), time.Now()))
		}},
		"a temporary folder of Node.js": {"node", `const t = fs.mkdtempSync(process.env.CDK_OUTDIR + "."); fs.writeFileSync(t + "/index.js", ""); fs.readdirSync(t); fs.readFileSync(t + "/index.js")`, func(*project) {}},
		"the folder of the shell":       {"", "", func(p *project) { p.Setenv("OLDPWD", "/elsewhere") }},
		"the time":                      {"time", "", func(*project) { time.Sleep(time.Millisecond) }},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, test.do, test.path)
			says := p.kept()
			test.change(p)
			if got := p.use(); got != says {
				t.Errorf("got assembly %q, expected %q again", got, says)
			}
		})
	}
}

func TestAssemblyIsNotKeptIfItsInputsAreNotKnown(t *testing.T) {
	for name, test := range map[string]struct {
		do, path, command, because string
	}{
		"a program":                      {do: "start", path: "cat config.yaml", because: "it starts "},
		"the go command":                 {do: "go", path: "./lambdas/worker", because: "it starts go"},
		"a program, by Node.js":          {do: "node", path: `require("child_process").execSync("cat config.yaml")`, because: "it starts cat config.yaml"},
		"a program, as a file":           {do: "node", path: `require("child_process").spawnSync("cat", ["config.yaml"])`, because: "it starts cat"},
		"a program of a file":            {do: "run", path: "./run.sh", because: "it starts "},
		"a pattern, by Node.js":          {do: "node", path: `fs.globSync("*.yaml")`, because: "it looks for files by the pattern *.yaml"},
		"the state of the repository":    {command: "go run -buildvcs=true .", because: "the go command is given -buildvcs=true"},
		"another command on a line":      {command: "go run .\ntrue", because: "its command is not `go run PACKAGE`"},
		"another command":                {command: "exec go run .", because: "its command is not `go run PACKAGE`"},
		"two commands":                   {command: "true && go run .", because: "its command is not `go run PACKAGE`"},
		"tags":                           {command: "go run -tags=other .", because: "the go command is given -tags=other"},
		"a value in the next argument":   {command: "go run -mod mod .", because: "the go command is given -mod"},
		"a program, by way of a command": {command: "go run -exec=env .", because: "the go command is given -exec=env"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, test.do, test.path)
			p.command = test.command
			says, notKept := p.make()
			if notKept == nil || !strings.Contains(notKept.Error(), test.because) {
				t.Errorf("got %v, expected that the assembly is not kept because %s", notKept, test.because)
			}
			if got := p.use(); got != "" || says == "" {
				t.Errorf("got assembly %q after %q, expected none", got, says)
			}
		})
	}
}

// The go command may be asked to download modules first, as `cdk init` has it.
func TestAssemblyOfTheCommandsOfAppsIsKept(t *testing.T) {
	for _, command := range []string{"go mod download && go run main.go", "go run -mod=mod .", "go run -buildvcs=false -buildvcs=auto .", "go run ./ an argument", " go  run  -trimpath  github.com/mapjob/mapjob/app "} {
		t.Run(command, func(t *testing.T) {
			p := newProject(t, "read", "config.yaml")
			p.command = command
			p.kept()
			p.write("part/part.go", "package part\n\nconst Name, Settings = \"other\", \"\"\n")
			if got := p.use(); got != "" {
				t.Errorf("got assembly %q again, expected none", got)
			}
		})
	}
}

func TestAssemblyIsNotKeptIfAFileChangesMeanwhile(t *testing.T) {
	p := newProject(t, "wait", "config.yaml")
	_, _ = p.make() // builds the app
	p.write("config.yaml", "rate: 2\n")
	p.age()
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		time.Sleep(700 * time.Millisecond)
		_ = os.WriteFile("config.yaml", []byte("rate: 3\n"), 0o644)
	}()
	_, notKept := p.make()
	<-changed
	if notKept == nil || !strings.Contains(notKept.Error(), "config.yaml changed meanwhile") {
		t.Errorf("got %v, expected that the assembly is not kept", notKept)
	}
	if got := p.use(); got != "" {
		t.Errorf("got assembly %q, expected none", got)
	}
}

// What stands in the place of a file afterwards may be older than the file.
func TestAssemblyIsNotKeptIfAFileIsReplacedMeanwhile(t *testing.T) {
	for name, change := range map[string]func() error{
		"removed":                  func() error { return os.Remove("config.yaml") },
		"moved away with a folder": func() error { return os.Rename("config", "away") },
		"an older file":            func() error { return os.Rename("older.yaml", "config.yaml") },
		"an older folder": func() error {
			return errors.Join(os.Rename("config", "away"), os.Rename("other", "config"))
		},
		"a link to an older file": func() error {
			return errors.Join(os.Remove("link.yaml"), os.Symlink("older.yaml", "link.yaml"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := "config.yaml"
			switch {
			case strings.Contains(name, "folder"):
				path = "config/config.yaml"
			case strings.Contains(name, "link"):
				path = "link.yaml"
			}
			p := newProject(t, "wait", path)
			p.write("older.yaml", "rate: 2\n")
			p.write("config/config.yaml", "rate: 1\n")
			p.write("other/config.yaml", "rate: 2\n")
			p.must(os.Symlink("config.yaml", "link.yaml"))
			p.age()
			_, _ = p.make() // builds the app
			p.must(os.RemoveAll(p.cache.Folder))
			changed := make(chan error)
			go func() {
				time.Sleep(700 * time.Millisecond)
				changed <- change()
			}()
			says, notKept := p.make()
			p.must(<-changed)
			if !strings.Contains(says, "rate: 1") {
				t.Skipf("the app was too slow: it read %q", says)
			}
			if notKept == nil {
				t.Error("the assembly is kept, expected that it is not")
			}
			if got := p.use(); got != "" {
				t.Errorf("got assembly %q, expected none", got)
			}
		})
	}
}

func TestAssemblyIsMadeAgainIfAnEmptyFolderGetsAnEmbeddedFile(t *testing.T) {
	for _, pattern := range []string{"static", "all:static", "static/*", "static/*/*.txt", "*/more/*.txt", "static/*/page.txt"} {
		t.Run(pattern, func(t *testing.T) {
			p := newProject(t, "", "")
			main, err := os.ReadFile("main.go")
			p.must(err)
			p.write("main.go", strings.Replace(string(main), "//go:embed static", "//go:embed static/page.txt "+pattern, 1))
			p.write("static/one/page.txt", "")
			p.write("static/more/README.md", "")
			p.write("other/more/page.txt", "")
			p.age()
			p.kept()
			p.write("static/more/page.txt", "hello\n")
			if got := p.use(); got != "" {
				t.Errorf("got assembly %q, expected none", got)
			}
		})
	}
}

func TestAssemblyOfEarlierInputsIsUsedAgain(t *testing.T) {
	p := newProject(t, "read", "config.yaml")
	first := p.kept()
	p.write("config.yaml", "rate: 2\n")
	p.age()
	second := p.kept()
	p.write("config.yaml", "rate: 1\n")
	if got := p.use(); got != first || first == second {
		t.Errorf("got assembly %q, expected %q again", got, first)
	}
}

func TestAssemblyThatIsMadeAnewReplacesTheOneBefore(t *testing.T) {
	p := newProject(t, "time", "")
	first := p.kept()
	second := p.kept()
	if first == second {
		t.Errorf("got assembly %q twice, expected a new one", first)
	}
	if n := len(p.cache.disk().Entries()); n != 1 {
		t.Errorf("got %d assemblies, expected one", n)
	}
}

// The folder of a run is removed some day.
func TestAssemblyIsUsedAgainIfTheFolderWhereItWasMadeIsGone(t *testing.T) {
	p := newProject(t, "read", "config.yaml")
	folder := filepath.Join(p.TempDir(), "run", "cdk.out")
	p.must(os.Mkdir(filepath.Dir(folder), 0o755))
	notKept, err := p.cache.Make(context.Background(), p.app(), folder)
	p.must(errors.Join(notKept, err, os.RemoveAll(filepath.Dir(folder))))
	if p.use() == "" {
		t.Error("got no assembly, expected the one before")
	}
}

func TestOnlyTheLastAssembliesAreKept(t *testing.T) {
	p := newProject(t, "env", "STAGE")
	for i := range most + 3 {
		t.Setenv("STAGE", fmt.Sprint("stage ", i))
		p.kept()
	}
	files, err := os.ReadDir(p.cache.Folder)
	p.must(err)
	if len(files) != most {
		t.Errorf("got %d files, expected %d assemblies and nothing else", len(files), most)
	}
	if p.use() == "" {
		t.Error("the last assembly is not used again")
	}
	t.Setenv("STAGE", "stage 0")
	if got := p.use(); got != "" {
		t.Errorf("got assembly %q, expected none", got)
	}
}

func TestPartOfAnAssemblyIsNotUsed(t *testing.T) {
	for name, damage := range map[string]func(entry string) error{
		"no assembly": func(entry string) error { return os.RemoveAll(filepath.Join(entry, assemblyFolder)) },
		"no inputs":   func(entry string) error { return os.Remove(filepath.Join(entry, inputsFile)) },
		"half of the inputs": func(entry string) error {
			return os.Truncate(filepath.Join(entry, inputsFile), 40)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, "read", "config.yaml")
			p.kept()
			p.must(damage(p.cache.disk().Entries()[0]))
			if got := p.use(); got != "" {
				t.Errorf("got assembly %q, expected none", got)
			}
			p.kept()
		})
	}
}

// Processes make, use and remove the same assemblies.
func TestSeveralRunsAtOnceUseWholeAssemblies(t *testing.T) {
	p := newProject(t, "read", "config.yaml")
	says := p.kept()
	app := p.app()
	var all sync.WaitGroup
	used := make(chan string, 400)
	for n := range 4 {
		folder := t.TempDir()
		all.Go(func() {
			for i := range 100 {
				to := filepath.Join(folder, strconv.Itoa(i))
				if p.cache.Use(app, to) {
					text, _ := os.ReadFile(filepath.Join(to, "manifest.json"))
					used <- string(text)
				}
			}
		})
		if n < 2 {
			all.Go(func() {
				for i := range 3 {
					if notKept, err := p.cache.Make(context.Background(), app, filepath.Join(folder, fmt.Sprint("made", i))); notKept != nil || err != nil {
						t.Errorf("got %v, %v, expected an assembly", notKept, err)
					}
				}
			})
		}
	}
	all.Wait()
	close(used)
	n := 0
	for got := range used {
		if n++; got != says {
			t.Errorf("got assembly %q, expected %q", got, says)
		}
	}
	if n == 0 {
		t.Error("no assembly was used again")
	}
	if got := p.use(); got != says {
		t.Errorf("got assembly %q, expected %q again", got, says)
	}
}

// Where a cache can't be, apps are synthesized without it.
func TestAnAppIsSynthesizedWithoutACache(t *testing.T) {
	for name, spoil := range map[string]func(*project){
		"a file in the place of its folder": func(p *project) {
			p.must(os.RemoveAll(p.cache.Folder))
			p.write(p.cache.Folder, "")
		},
		"a folder above that is a file": func(p *project) {
			p.must(os.RemoveAll(".mapjob"))
			p.write(".mapjob", "")
		},
		"no permission": func(p *project) {
			if os.Geteuid() == 0 {
				p.Skip("root may do everything")
			}
			p.must(os.Chmod(p.cache.Folder, 0o500))
			p.Cleanup(func() { _ = os.Chmod(p.cache.Folder, 0o700) })
		},
		"a link to nowhere": func(p *project) {
			p.must(os.RemoveAll(p.cache.Folder))
			p.must(os.Symlink("gone/assemblies", p.cache.Folder))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, "read", "config.yaml")
			spoil(p)
			time.Sleep(20 * time.Millisecond) // what is spoilt is older than the app's run
			app, folder := p.app(), p.folder()
			notKept, err := p.cache.Make(t.Context(), app, folder)
			p.must(err)
			if notKept == nil || !strings.HasPrefix(notKept.Error(), "its assembly can't be kept: ") {
				t.Errorf("got %v, expected that the assembly can't be kept", notKept)
			}
			if p.read(folder) == "" || !app.Known() {
				t.Error("got no assembly with known inputs, expected one")
			}
			if got := p.use(); got != "" {
				t.Errorf("got assembly %q, expected none", got)
			}
		})
	}
}

// What becomes of an entry that can't be written as a whole.
func TestNoPartOfAnEntryIsLeft(t *testing.T) {
	p := newProject(t, "read", "config.yaml")
	folder := p.folder()
	p.must(os.Mkdir(folder, 0o755))
	p.must(syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600)) // which can't be copied
	notKept, err := p.cache.Make(t.Context(), p.app(), folder)
	p.must(err)
	if notKept == nil || !strings.Contains(notKept.Error(), "pipe") {
		t.Errorf("got %v, expected the file that can't be copied", notKept)
	}
	if left, err := os.ReadDir(p.cache.Folder); err != nil || len(left) != 0 {
		t.Errorf("got %v and error %v, expected that nothing is left", left, err)
	}
}

// observe.js has the kinds of package reads, and no others.
func TestKindsOfNodeAreThoseOfPackageReads(t *testing.T) {
	found := regexp.MustCompile(`const access = \{(.+)\};`).FindSubmatch(observeJS)
	if found == nil {
		t.Fatal("observe.js: got no kinds, expected const access = {…};")
	}
	got := map[string]string{}
	for _, kind := range regexp.MustCompile(`(\w+): '([^']+)'`).FindAllSubmatch(found[1], -1) {
		got[string(kind[1])] = string(kind[2])
	}
	expected := map[string]string{"began": reads.BeganNode, "opened": reads.Opened, "looked": reads.Looked, "whole": reads.Whole,
		"matched": reads.Matched, "started": reads.StartedByNode}
	if !maps.Equal(got, expected) {
		t.Errorf("got %v, expected %v", got, expected)
	}
	for _, used := range regexp.MustCompile(`access\.(\w+)`).FindAllSubmatch(observeJS, -1) {
		if expected[string(used[1])] == "" {
			t.Errorf("observe.js: got access.%s, expected one of %v", used[1], expected)
		}
	}
	for _, text := range []string{reads.NotRecorded, "process.env." + reads.LogVariable} {
		if !strings.Contains(string(observeJS), text) {
			t.Errorf("observe.js: expected %q", text)
		}
	}
}
