package consumer

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/docs/story"
	"github.com/mapjob/mapjob/test/moduleproxy"
)

// newestCDK is the newest CDK that CI tests with, as in the Makefile.
const newestCDK = "v2.276.0"

func TestAJobOfInit(t *testing.T) {
	p := publish(t)
	commands := install(t, p)
	t.Run("in an empty folder", func(t *testing.T) {
		c := newProject(t, p, "shop")
		c.linkTools(t)
		var outputs []string
		for _, command := range commands {
			outputs = append(outputs, c.with("npm_config_offline=true").run(t, "bash", "-c", command))
		}
		said := strings.Join(outputs, "\n")
		c.created(t, said)
		c.ran(t, said)
		if !strings.Contains(said, "\nok  \texample.com/shop") {
			t.Errorf("%q: got\n%s\nexpected that the tests pass", commands, said)
		}
		c.run(t, "go", "vet", "./...")
		if out := c.run(t, "npx", "--no-install", "cdk", "synth", "--quiet"); strings.Contains(out, "not configured") {
			t.Errorf("got the output of cdk synth:\n%s\nexpected that cdk.json has all feature flags", out)
		}
		c.review(t, "internal/cli/create/files/app")

		before := c.files(t)
		if out := c.run(t, "mapjob", "init"); strings.Contains(out, "created") || strings.Contains(out, "left alone") {
			t.Errorf("got %q of a second mapjob init, expected that all files exist as they should be", out)
		}
		expectSame(t, c.files(t), before)

		t.Run("with the newest CDK", func(t *testing.T) {
			c.run(t, "go", "get", "github.com/aws/aws-cdk-go/awscdk/v2@"+newestCDK)
			c.run(t, "go", "mod", "tidy")
			c.synthesizes(t, "./app")
			c.works(t)
		})
	})
	t.Run("in a vendored module", func(t *testing.T) {
		c := newProject(t, p, "mono")
		c.run(t, "go", "mod", "init", "example.com/mono")
		write(t, filepath.Join(c.folder, "billing", "billing.go"), "// Package billing was here before.\npackage billing\n")
		c.create(t, "--job", "Dunning", "--folder", "jobs")
		c.run(t, "go", "mod", "vendor")
		before := c.files(t)
		c.run(t, "mapjob", "init", "--job", "Dunning", "--folder", "jobs")
		expectSame(t, c.files(t), before)
		c = c.with("GOPROXY=off", "GOFLAGS=-trimpath") // else the build cache keeps packages of this folder only
		c.synthesizes(t, "./jobs/app")
		c.works(t)
	})
	t.Run("in a workspace", func(t *testing.T) {
		c := newProject(t, p, "jobs")
		other := filepath.Join(filepath.Dir(c.folder), "other")
		write(t, filepath.Join(other, "go.mod"), "module example.com/other\n\ngo 1.26\n")
		write(t, filepath.Join(other, "other.go"), "package other\n")
		write(t, filepath.Join(filepath.Dir(c.folder), "go.work"), "go 1.26\n\nuse ./other\n")
		c = c.with("GOWORK=")
		c.create(t)
		if space, err := os.ReadFile(filepath.Join(filepath.Dir(c.folder), "go.work")); err != nil || !strings.Contains(string(space), "./jobs") {
			t.Errorf("got go.work %q and error %v, expected that it uses ./jobs", space, err)
		}
		c.synthesizes(t, "./app")
		c.works(t)
	})
}

// install builds the command from the published module as the README says, and puts it
// into the PATH. It returns the README's commands that follow.
func install(t *testing.T, p moduleproxy.Published) (next []string) {
	t.Helper()
	commands, err := story.TestedIn("test/consumer", "../..", "README.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(commands) != 4 || !strings.HasPrefix(commands[0], "go install ") {
		t.Fatalf("got the commands %q of the README, expected those that install mapjob, and create, run and test a job", commands)
	}
	bin := t.TempDir()
	t.Setenv("GOBIN", bin)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	newProject(t, p, "nowhere").run(t, "bash", "-c", commands[0])
	return commands[1:]
}

// linkTools lets npm find the CDK's command line in place, so that it needs no network.
func (s project) linkTools(t *testing.T) {
	t.Helper()
	tool := filepath.Join("node_modules", "aws-cdk")
	link(t, filepath.Join("..", "..", tool), filepath.Join(s.folder, tool))
}

// create runs mapjob init.
func (s project) create(t *testing.T, args ...string) {
	t.Helper()
	s.linkTools(t)
	s.created(t, s.with("npm_config_offline=true").run(t, "mapjob", append([]string{"init"}, args...)...))
}

// created expects the output of mapjob init.
func (s project) created(t *testing.T, out string) {
	t.Helper()
	for _, expected := range []string{"created  cdk.json", "created  package.json", "lambdas/worker/main.go", "next: mapjob run"} {
		if !strings.Contains(out, expected) {
			t.Errorf("got the output of mapjob init:\n%s\nexpected %q", out, expected)
		}
	}
	if strings.Contains(out, "run npm install later") {
		t.Errorf("got the output of mapjob init:\n%s\nexpected that npm installs the CDK", out)
	}
}

// synthesizes synthesizes an app, which is built first: see [project.build].
func (s project) synthesizes(t *testing.T, app string) {
	t.Helper()
	s.run(t, "npx", "--no-install", "cdk", "synth", "--quiet", "--app", s.build(t, app))
}

// link makes the files of a folder available in another one, without a copy if both
// are on one disk.
func link(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil || entry.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, below), 0o755))
		}
		return os.Link(path, filepath.Join(to, below))
	})
	if err != nil {
		err = errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// works tests and runs the job.
func (s project) works(t *testing.T) {
	t.Helper()
	s.run(t, "go", "test", "./...")
	s.ran(t, s.run(t, "mapjob", "run"))
}

// ran expects the output and the files of mapjob run.
func (s project) ran(t *testing.T, out string) {
	t.Helper()
	for _, expected := range []string{"1 of 5 items failed (20.0%, tolerated: 25%)", "NoAddress", "506.50 EUR"} {
		if !strings.Contains(out, expected) {
			t.Errorf("got the output of mapjob run:\n%s\nexpected %q", out, expected)
		}
	}
	failed, err := os.ReadFile(filepath.Join(s.folder, ".mapjob", "runs", "last", "failures.jsonl"))
	if err != nil || bytes.Count(failed, []byte("\n")) != 1 || !bytes.Contains(failed, []byte("Edsger")) {
		t.Errorf("got the failed items %q and error %v, expected the invoice of Edsger", failed, err)
	}
}

// files returns the content of the project's files, without those that tools install or write.
func (s project) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(s.folder), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "node_modules" || name == "cdk.out" || name == ".mapjob":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		text, err := os.ReadFile(filepath.Join(s.folder, name))
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func expectSame(t *testing.T, got, expected map[string]string) {
	t.Helper()
	for name := range got {
		if _, ok := expected[name]; !ok {
			t.Errorf("got a new file %s, expected none", name)
		}
	}
	for name, text := range expected {
		if got[name] != text {
			t.Errorf("%s: got %q, expected %q", name, got[name], text)
		}
	}
}
