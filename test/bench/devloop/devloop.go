package devloop

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/test/bench/figure"
)

// checkout is a copy of this checkout, whose files may be edited, with the command
// built from it.
type checkout struct {
	folder  string
	command string
	edits   int
}

// newCheckout copies the files that git knows, and runs the sample once.
func newCheckout(w *figure.Workplace) (*checkout, error) {
	folder, err := w.Folder()
	if err != nil {
		return nil, err
	}
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the files of the checkout: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		to := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return nil, err
		}
	}
	modules, err := filepath.Abs("node_modules")
	if err == nil {
		err = os.Symlink(modules, filepath.Join(folder, "node_modules"))
	}
	if err != nil {
		return nil, err
	}
	c := &checkout{folder: folder, command: filepath.Join(folder, "bin", "mapjob")}
	if err := c.do("go", "build", "-o", c.command, "./cmd/mapjob"); err != nil {
		return nil, err
	}
	_, err = c.run()
	return c, err
}

func (c *checkout) do(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.folder
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &said)
	}
	return nil
}

// run runs the sample job and returns how long that took, in seconds.
func (c *checkout) run() (float64, error) {
	began := time.Now()
	err := c.do(c.command, "run", "--seed", "Orders=examples/orders.jsonl", "--input", "examples/night.json")
	return time.Since(began).Seconds(), err
}

// edited changes what a Go file of the checkout does, and runs the sample.
func (c *checkout) edited(file string) (float64, error) {
	path := filepath.Join(c.folder, file)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	const mark = "\n\nvar edit = "
	text, _, _ = bytes.Cut(text, []byte(mark))
	c.edits++
	text = fmt.Appendf(bytes.TrimRight(text, "\n"), "%s%d\n\nfunc init() { edit++ }\n", mark, c.edits)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return 0, err
	}
	return c.run()
}

// rerun measures the sample's run in a checkout that was not edited.
func rerun(w *figure.Workplace) (figure.Sides, error) {
	c, err := newCheckout(w)
	return figure.Sides{Ours: func() (float64, error) { return c.run() }, Peer: figure.Always(6)}, err
}

// workerEdit measures the time from an edit in the sample's worker to the end of its
// run.
func workerEdit(w *figure.Workplace) (figure.Sides, error) {
	c, err := newCheckout(w)
	return figure.Sides{Ours: func() (float64, error) { return c.edited("lambdas/worker/main.go") }, Peer: figure.Always(3)}, err
}

// stackEdit measures the time from an edit in a stack to the end of the run.
func stackEdit(w *figure.Workplace) (figure.Sides, error) {
	c, err := newCheckout(w)
	return figure.Sides{Ours: func() (float64, error) { return c.edited("stacks/invoicing.go") }, Peer: figure.Always(8)}, err
}
