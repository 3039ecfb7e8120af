// Package workflow runs the commands of a workflow of GitHub Actions on this machine,
// with stand-ins for what only GitHub has.
package workflow

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Workflow is a file below .github/workflows. What it has no field for is refused, so
// that nothing changes what a command does unseen.
type Workflow struct {
	Name        string
	On          any
	Permissions map[string]string
	Concurrency any
	Jobs        map[string]Job
}

// Job is a job of a workflow.
type Job struct {
	RunsOn         string `yaml:"runs-on"`
	TimeoutMinutes int    `yaml:"timeout-minutes"`
	Needs          string
	Permissions    map[string]string
	Environment    any
	Steps          []Step
}

// Step is a step of a job: an action, or a command.
type Step struct {
	ID               string
	Uses             string
	With             map[string]any
	Run              string
	WorkingDirectory string `yaml:"working-directory"`
	Env              map[string]string
}

// Action returns the name of the step's action, without its version, or "".
func (s Step) Action() string {
	name, _, _ := strings.Cut(s.Uses, "@")
	return name
}

// Read reads a workflow.
func Read(name string) (w Workflow, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return w, err
	}
	if err := yaml.UnmarshalWithOptions(text, &w, yaml.Strict()); err != nil {
		return w, fmt.Errorf("%s: %w", name, err)
	}
	return w, nil
}

// Runner is a stand-in for a machine of GitHub.
type Runner struct {
	Folder      string                        // the workspace, where commands run
	Env         []string                      // in addition to that of this process
	Expressions map[string]string             // values by what is between ${{ and }}
	Actions     map[string]func(s Step) error // by their names
}

// Run runs the steps of a job, and returns what the commands printed.
func (r Runner) Run(ctx context.Context, job Job) (string, error) {
	var out strings.Builder
	for _, s := range job.Steps {
		if s.Run == "" {
			act, ok := r.Actions[s.Action()]
			if !ok {
				return out.String(), fmt.Errorf("uses %s: got no stand-in for it", s.Uses)
			}
			if err := act(s); err != nil {
				return out.String(), fmt.Errorf("uses %s: %w", s.Uses, err)
			}
			continue
		}
		printed, err := r.command(ctx, s)
		out.WriteString(printed)
		if err != nil {
			return out.String(), fmt.Errorf("run %s: %w\n%s", s.Run, err, printed)
		}
	}
	return out.String(), nil
}

// command runs a command as GitHub does on Linux if a step names no shell: as a file,
// with bash -e.
func (r Runner) command(ctx context.Context, s Step) (string, error) {
	text, err := r.fill(s.Run)
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp("", "step-*.sh")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(text); err != nil {
		return "", err
	}
	if err := file.Close(); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "bash", "-e", file.Name())
	cmd.Dir = filepath.Join(r.Folder, s.WorkingDirectory)
	// The make of a step is none of the one that runs the tests.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS=")
	})
	cmd.Env = append(cmd.Env, r.Env...)
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		value, err := r.fill(s.Env[name])
		if err != nil {
			return "", fmt.Errorf("env %s: %w", name, err)
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)

// fill replaces expressions by their values.
func (r Runner) fill(text string) (string, error) {
	var unknown []string
	filled := expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, ok := r.Expressions[name]
		if !ok {
			unknown = append(unknown, name)
		}
		return value
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("got the expressions %q, for which there is no stand-in", unknown)
	}
	return filled, nil
}
