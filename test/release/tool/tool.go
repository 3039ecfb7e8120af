// Package tool installs and runs the commands of other projects that a release uses.
package tool

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Tool is a command, installed.
type Tool struct{ path string }

// Install builds a command of a pinned version into a folder. A module cache that has
// the version needs no network.
func Install(ctx context.Context, folder, command, version string) (Tool, error) {
	cmd := exec.CommandContext(ctx, "go", "install", command+"@"+version)
	cmd.Dir = folder // no module, and none of its versions
	cmd.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=-trimpath", "GOWORK=off", "GOOS=", "GOARCH=", "PWD="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return Tool{}, fmt.Errorf("go install %s@%s: %w: without a network, the module cache has to have it\n%s", command, version, err, out)
	}
	return Tool{filepath.Join(folder, path.Base(command))}, nil
}

// Run runs the command in a folder, with additional variables in its environment, and
// returns its standard output and standard error.
func (t Tool) Run(ctx context.Context, folder string, env []string, args ...string) (out, problems string, err error) {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir = folder
	cmd.Env = append(append(os.Environ(), env...), "PWD="+folder)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(t.path), strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String(), stderr.String(), nil
}
