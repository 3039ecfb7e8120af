package create

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
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
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(problem.Bytes()))
	}
	return strings.TrimSpace(out.String()), nil
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
