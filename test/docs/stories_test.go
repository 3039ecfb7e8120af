package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/test/docs/page"
	"github.com/mapjob/mapjob/test/docs/standin"
	"github.com/mapjob/mapjob/test/docs/story"
	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mapjob": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// hasCommands reports whether a page has commands.
func hasCommands(p *page.Page) bool {
	return slices.ContainsFunc(p.Steps, func(s page.Step) bool {
		return s.Block && (s.Language == "sh" || s.Language == "console") || s.Name == "run"
	})
}

// sandboxOf returns what a page says of the folder in which its commands run: what is
// in it, or the page after which it goes on.
func sandboxOf(p *page.Page) (content, after string) {
	for _, step := range p.Steps {
		if step.Name == "sandbox" {
			content, after, _ = strings.Cut(step.Text, " after ")
			return content, after
		}
	}
	return "", ""
}

// Commands do what pages say, or another test runs them.
func TestCommands(t *testing.T) {
	all := pages(t)
	environment := sandboxEnvironment(t)
	chains := map[string][]*page.Page{} // by the page that begins it
	var begins []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if _, after := sandboxOf(all[name]); hasCommands(all[name]) && after == "" {
			chains[name] = []*page.Page{all[name]}
			begins = append(begins, name)
		}
	}
	for grown := true; grown; { // a page goes on after one that is placed
		grown = false
		for _, name := range slices.Sorted(maps.Keys(all)) {
			_, after := sandboxOf(all[name])
			after = filepath.ToSlash(filepath.Join(filepath.Dir(name), after))
			for begin, chain := range chains {
				if slices.Contains(chain, all[after]) && !slices.Contains(chain, all[name]) {
					chains[begin], grown = append(chain, all[name]), true
				}
			}
		}
	}
	for name, p := range all {
		if _, after := sandboxOf(p); after != "" && !slices.ContainsFunc(slices.Collect(maps.Values(chains)), func(chain []*page.Page) bool { return slices.Contains(chain, p) }) {
			t.Errorf("%s: got a sandbox after %s, expected a page with commands, relative to this one", name, after)
		}
	}
	used := &usage{entries: map[string]bool{}}
	t.Run("pages", func(t *testing.T) {
		for _, begin := range begins {
			t.Run(strings.ReplaceAll(strings.TrimSuffix(begin, ".md"), "/", "-"), func(t *testing.T) {
				t.Parallel()
				runChain(t, chains[begin], environment, used)
			})
		}
	})
	if t.Failed() || used.chains < len(begins) { // with -run, only some are run
		return
	}
	t.Logf("%d commands ran, %d are run by other tests, %d are not run", used.ran, used.elsewhere, used.unrun)
	for _, entry := range elsewhere {
		if !used.entries[entry.name()] {
			t.Errorf("got no command for %s, expected each entry to be used", entry.name())
		}
	}
	for _, entry := range notRun {
		if !used.entries[entry.commands] {
			t.Errorf("got no command %s, expected each that is not run to be in a page", entry.commands)
		}
	}
}

// usage counts what became of commands.
type usage struct {
	sync.Mutex
	entries                       map[string]bool
	ran, elsewhere, unrun, chains int
}

func runChain(t *testing.T, chain []*page.Page, environment []string, used *usage) {
	s := &story.Story{Env: environment, Sandbox: func(content string) (string, error) {
		folder := filepath.Join(t.TempDir(), "app")
		return folder, fill(folder, content)
	}}
	for _, p := range chain {
		tested := testedAt(p)
		s.Elsewhere = func(at, command string) (bool, error) {
			return used.find(t, at, command, tested[at], s.Folder != "", s.HasAccount())
		}
		s.Account = func(printed string) (string, func(), error) {
			server, err := standin.Start(printed)
			if err != nil {
				return "", nil, err
			}
			return server.Exports(), server.Close, nil
		}
		s.Times = func(at, command string, took time.Duration) {
			used.Lock()
			defer used.Unlock()
			used.ran++
			t.Logf("%s: %6.2fs %s", at, took.Seconds(), command)
		}
		begun := time.Now()
		problems := s.Run(t.Context(), p)
		t.Logf("%s: %.1fs", p.Path, time.Since(begun).Seconds())
		for _, problem := range problems {
			t.Error(problem)
		}
		if len(problems) > 0 {
			return
		}
	}
	used.Lock()
	defer used.Unlock()
	used.chains++
}

// testedAt returns the tests that the page names for its commands, by their places.
func testedAt(p *page.Page) map[string]string {
	named := map[string]string{}
	for _, b := range blocks(p) {
		for _, c := range story.Commands(b.Step) {
			named[p.At(b.Line+c.Line)] = b.before["tested"]
		}
	}
	return named
}

// sandboxEnvironment returns the variables that commands of pages have: those of Go, and
// neither credentials nor endpoints of AWS.
func sandboxEnvironment(t *testing.T) []string {
	t.Helper()
	text, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY", "GOPATH", "GONOSUMDB", "GOSUMDB").Output()
	var settings map[string]string
	if err == nil {
		err = json.Unmarshal(text, &settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "MAPJOB_") {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	libraries := os.Getenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT")
	if libraries == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		libraries = filepath.Join(cache, "mapjob-test-jsii")
	}
	list := []string{"CDK_VALIDATION=false", "JSII_RUNTIME_PACKAGE_CACHE_ROOT=" + libraries, "AWS_EC2_METADATA_DISABLED=true", "NO_COLOR=1"}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	published := moduleproxy.Publish(t, absolute, "docs") // for go get; pages then replace it by ROOT
	settings["GOPROXY"] = published.Proxy + "," + settings["GOPROXY"]
	settings["GONOSUMDB"] = strings.TrimPrefix(settings["GONOSUMDB"]+","+moduleproxy.Module, ",")
	for name, value := range settings {
		list = append(list, name+"="+value)
	}
	if cache, err := exec.Command("npm", "config", "get", "cache").Output(); err == nil { // what npm ci has brought
		list = append(list, "npm_config_cache="+strings.TrimSpace(string(cache)), "npm_config_prefer_offline=true")
	}
	browsers := filepath.Join(absolute, "test", "docs", "testdata", "bin") // write what they open to $HOME/opened
	return append(list, "ROOT="+absolute, "PATH="+strings.Join([]string{browsers, os.Getenv("PATH"), filepath.Join(absolute, "node_modules", ".bin")}, string(os.PathListSeparator)))
}

// sampleFiles are those of the sample job.
var sampleFiles = []string{"app.go", "cdk.json", "cmd", "constructs", "examples/fill", "examples/go.mod", "examples/go.sum", "examples/night.json", "examples/orders.jsonl", "go.mod", "go.sum",
	"internal", "job", "lambdas", "Makefile", "package.json", "package-lock.json", "stacks"}

// fill makes the folder in which commands of pages run.
func fill(folder, content string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(absolute, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		return err
	}
	switch {
	case content == "empty":
		return nil
	case content == "sample":
		for _, name := range sampleFiles {
			if err := copyTree(filepath.Join(absolute, filepath.FromSlash(name)), filepath.Join(folder, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
		// make must never install packages here: node_modules is that of the project.
		long := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		return errors.Join(os.Chtimes(filepath.Join(folder, "package.json"), long, long), os.Chtimes(filepath.Join(folder, "package-lock.json"), long, long))
	case strings.HasPrefix(content, "examples/"):
		return copyExample(absolute, folder, content)
	}
	return fmt.Errorf("got the sandbox %q, expected empty, sample or a folder of examples", content)
}

// copyExample copies a module of examples, or a folder of one, whose go.mod then names
// the project by its path.
func copyExample(absolute, folder, content string) error {
	from := filepath.Join(absolute, filepath.FromSlash(content))
	if err := copyTree(from, folder); err != nil {
		return err
	}
	module := from
	for ; module != absolute; module = filepath.Dir(module) {
		if _, err := os.Stat(filepath.Join(module, "go.mod")); err == nil {
			break
		}
	}
	if module != from {
		return fmt.Errorf("got the sandbox %s, expected a folder with a go.mod", content)
	}
	command := exec.Command("go", "mod", "edit", "-replace=github.com/mapjob/mapjob="+absolute)
	command.Dir = folder
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod edit: %w\n%s", err, said)
	}
	return nil
}

// copyTree copies files with their times, so that make sees what is newer.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(from, path)
		target := filepath.Join(to, relative)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".mapjob" || entry.Name() == "cdk.out"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, text, info.Mode().Perm()); err != nil {
			return err
		}
		return os.Chtimes(target, info.ModTime(), info.ModTime())
	})
}
