package browser

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheConsole lets a user of a browser watch a run that has faults, find out why items
// failed, and run them again. With the variable CONSOLE_SHOTS, a folder, it leaves
// screenshots there.
func TestTheConsole(t *testing.T) {
	c := newConsole(t)
	var items bytes.Buffer
	items.WriteString(`{"do": "exit"}` + "\n" + `{"do": "succeed"}` + "\n") // one batch, which fails as a whole
	for i := range 6 {
		fmt.Fprintf(&items, `{"do": "say", "say": "<script>alert(1)</script>", "print": "the worker has seen it", "bytes": %d}`+"\n", i)
	}
	for range 600 {
		items.WriteString(`{"do": "nap", "ms": 300}` + "\n")
	}
	c.write(t, "items.jsonl", items.String(), 0o600)
	c.visit(t, "console.mjs", "--job", "Tolerant", "--items", "items.jsonl")
}

// TestTasksThatWait lets a user of a browser answer the tasks of a run.
func TestTasksThatWait(t *testing.T) {
	t.Parallel() // beside TestTheConsoleInTrouble, which waits most of the time
	newConsole(t).visit(t, "waiting.mjs", "--job", "Asks", "--input", `{"items": ["<script>alert(1)</script>", {"id": 9007199254740993, "rate": 1.50}, "c"]}`)
}

// console is a folder in which mapjob run opens the console.
type console struct{ root, work, mapjob, path, assembly, chromium string }

func newConsole(t *testing.T) *console {
	t.Helper()
	chromium := find(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(root, "node_modules")
	if _, err := os.Stat(filepath.Join(root, "test", "node_modules", "playwright-core")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("found no playwright-core, expected it in CI: run make test-setup")
		}
		t.Skip("found no playwright-core: run make test-setup to try the console in a browser")
	}
	c := &console{root: root, work: t.TempDir(), mapjob: filepath.Join(t.TempDir(), "mapjob"), assembly: t.TempDir(), chromium: chromium,
		path: filepath.Join(modules, ".bin") + string(os.PathListSeparator) + os.Getenv("PATH")}
	for _, cmd := range []*exec.Cmd{
		{Path: goCommand(t), Dir: root, Args: []string{"go", "build", "-o", c.mapjob, "./cmd/mapjob"}},
		{Path: goCommand(t), Dir: filepath.Join(root, "test", "script", "faulty"), Args: []string{"go", "run", "."}},
	} {
		cmd.Env = append(os.Environ(), "PATH="+c.path, "CDK_OUTDIR="+c.assembly, "CDK_VALIDATION=false",
			`CDK_CONTEXT_JSON={"mapjob:local":true,"aws:cdk:enable-path-metadata":true}`)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, said)
		}
	}
	for _, name := range []string{"xdg-open", "open"} { // the browser of the user
		opened := filepath.Join(c.work, "opened")
		c.write(t, name, "#!/bin/sh\necho \"$1\" > "+opened+".new && mv "+opened+".new "+opened+"\n", 0o700)
	}
	if err := os.Symlink(modules, filepath.Join(c.work, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *console) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.work, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// visit opens the console beside a run, and lets a script visit it.
func (c *console) visit(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, c.mapjob, append([]string{"run", "--console", "--app", "cp -R " + c.assembly + "/. $CDK_OUTDIR"}, args...)...)
	run.Dir, run.Env = c.work, append(os.Environ(), "PATH="+c.work+string(os.PathListSeparator)+c.path)
	run.Cancel, run.WaitDelay = func() error { return run.Process.Signal(syscall.SIGINT) }, 30*time.Second
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()

	address := ""
	for address == "" && ctx.Err() == nil {
		text, _ := os.ReadFile(filepath.Join(c.work, "opened"))
		address = strings.TrimSpace(string(text))
		time.Sleep(50 * time.Millisecond)
	}
	story := exec.CommandContext(ctx, filepath.Join(c.root, "node_modules", ".bin", "node"), script)
	story.Env = append(os.Environ(), "ADDRESS="+address, "CHROMIUM="+c.chromium, "SHOTS="+os.Getenv("CONSOLE_SHOTS"))
	problems, err := story.CombinedOutput()
	if err != nil {
		t.Errorf("the console in a browser: %v\n%s", err, problems)
	}
	if err := run.Process.Signal(syscall.SIGINT); err != nil {
		t.Errorf("mapjob run --console has ended, expected that it runs until Ctrl-C: %v", err)
	}
	select {
	case <-ended:
	case <-ctx.Done():
		t.Error("mapjob run --console goes on after Ctrl-C")
		<-ended
	}
	if t.Failed() {
		t.Logf("mapjob run --console:\n%s", &said)
	}
}

func goCommand(t *testing.T) string {
	path, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
