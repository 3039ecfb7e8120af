package create

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/number"
)

// commands runs programs in a folder.
type commands struct{ folder string }

func (c commands) do(ctx context.Context, name string, args ...string) error {
	_, err := c.output(ctx, name, args...)
	return err
}

func (c commands) output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = c.folder, environment(os.Environ())
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound) && name == "go":
		return "", errors.New("go: not found; install Go 1.26 or newer from go.dev")
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s: not found", name)
	case err != nil:
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, excerpt(problem.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// shownLines is how much of what a command said is shown: the first problem, of which
// others often follow.
const shownLines = 4

// excerpt returns the first problem that a command named, without its progress. Without
// a network, the go command has one for each package.
func excerpt(said string) string {
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(said), "\n"), isProgress)
	end := min(shownLines, len(lines))
	for end > 0 && end < len(lines) && strings.HasSuffix(lines[end-1], " imports") { // the reason is at the end
		end++
	}
	if more := len(lines) - end; more > 0 {
		return fmt.Sprintf("%s\n(and %s)", strings.Join(lines[:end], "\n"), number.Of(more, "more line"))
	}
	return strings.Join(lines, "\n")
}

// isProgress reports whether a line of the go command is about what it does, not about
// a problem.
func isProgress(line string) bool {
	for _, begin := range []string{"go: downloading ", "go: finding ", "go: found ", "go: added ", "go: upgraded "} {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

// environment returns variables without -mod flags in GOFLAGS: commands that
// change go.mod refuse them.
func environment(variables []string) []string {
	changed := make([]string, len(variables))
	for i, variable := range variables {
		if flags, ok := strings.CutPrefix(variable, "GOFLAGS="); ok {
			var kept []string
			for flag := range strings.FieldsSeq(flags) {
				if name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "="); name != "mod" {
					kept = append(kept, flag)
				}
			}
			variable = "GOFLAGS=" + strings.Join(kept, " ")
		}
		changed[i] = variable
	}
	return changed
}
