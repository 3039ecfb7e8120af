// Package synthesis synthesizes a CDK app for this machine, and keeps its
// assemblies: one whose inputs did not change is used again.
package synthesis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"strings"

	"github.com/mapjob/mapjob/internal/inputs"
	"github.com/mapjob/mapjob/internal/nodejs"
	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/internal/protocol"
)

// App is the CDK app of the current folder.
type App struct {
	command string
	context []byte // JSON
	node    string // the path of Node.js
	inputs  []inputs.Input
}

// Known reports whether it is known what the app read.
func (a *App) Known() bool { return a.inputs != nil }

// Inputs returns what the app read when it was synthesized last, or what it is made
// from if that failed. If this is not known, it is the project of the current folder.
func (a *App) Inputs() []inputs.Input {
	if a.inputs != nil {
		return a.inputs
	}
	folder, _ := os.Getwd()
	return []inputs.Input{{Access: inputs.Project, Path: folder}}
}

// New returns the CDK app of the current folder. Command is that of the app; if it
// is empty, cdk.json names it. Given has context values beside those of cdk.json and
// cdk.context.json.
func New(command string, given map[string]string) (*App, error) {
	var project struct {
		App     string
		Context map[string]any
	}
	var lookedUp map[string]any
	if err := errors.Join(readJSON("cdk.json", &project), readJSON("cdk.context.json", &lookedUp)); err != nil {
		return nil, err
	}
	if command == "" {
		command = project.App
	}
	if command == "" {
		return nil, errors.New("found no cdk.json with an app in this folder, expected one: change to the folder of the CDK app, or give its command with --app")
	}
	values := map[string]any{
		protocol.LocalContext:          true,
		"aws:cdk:enable-path-metadata": true, // as the CDK CLI sets it; [template.Stack.ShortName] needs it
	}
	maps.Copy(values, lookedUp)
	maps.Copy(values, project.Context)
	for k, v := range given {
		values[k] = v
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	node, err := nodejs.Find(".")
	if err != nil {
		return nil, fmt.Errorf("the CDK needs Node.js: %w", err)
	}
	return &App{command: command, context: encoded, node: node}, nil
}

// readJSON reads a file, if there is one.
func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// Synthesize runs the app, as the CDK CLI would for AWS: the app writes a cloud
// assembly to CDK_OUTDIR, and gets its context in CDK_CONTEXT_JSON. Folder, an
// absolute path, is where the assembly goes.
func (a *App) Synthesize(ctx context.Context, folder string) error { return a.run(ctx, folder) }

func (a *App) run(ctx context.Context, folder string, environment ...string) error {
	shell := []string{"sh", "-c", a.command}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/c", a.command}
	}
	cmd := process.Command(ctx, shell[0], shell[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+nodejs.Path("."), "CDK_OUTDIR="+folder, "CDK_CONTEXT_JSON="+string(a.context),
		// The library's check of the template takes seconds; `cdk synth` makes it.
		"CDK_VALIDATION=false")
	cmd.Env = append(cmd.Env, environment...)
	output := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = output, output
	if err := process.Run(cmd); err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted while the app was being synthesized")
		}
		return &failure{a.command, err, strings.TrimSpace(output.String())}
	}
	return nil
}

// failure is the error of an app that failed.
type failure struct {
	command string
	err     error
	said    string
}

func (f *failure) Error() string {
	return fmt.Sprintf("synthesizing the app with %q: %v\n%s", f.command, f.err, f.said)
}

func (f *failure) Unwrap() error { return f.err }
