package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/internal/template"
)

// app is a CDK app with one stack.
type app struct {
	name    string // for messages
	folder  string // in the project
	context string // for the CDK, "" for none
	stack   string
	stays   []string // logical IDs of what stays when the stack is deleted
}

// cdk runs the CDK's command line in the folder of an app, and returns its output.
func (c *check) cdk(ctx context.Context, a *app, args ...string) (string, error) {
	cmd := process.Command(ctx, "cdk", args...)
	cmd.Path = filepath.Join(c.project.Folder, "node_modules", ".bin", "cdk")
	cmd.Err = nil
	cmd.Dir = filepath.Join(c.project.Folder, a.folder)
	// CI: progress as lines. Validation takes seconds for each synth, and other tests have it.
	cmd.Env = append(c.account.Env, "PWD="+cmd.Dir, "CI=true", "CDK_VALIDATION=false", "CDK_DISABLE_CLI_TELEMETRY=true",
		"PATH="+filepath.Join(c.project.Folder, "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := process.Run(cmd)
	if ctx.Err() != nil {
		return out.String(), ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("cdk %s, in %s: %w\n%s", strings.Join(args, " "), a.name, err, out.String())
	}
	return out.String(), err
}

// assembly is where the app is synthesized to.
func (c *check) assembly(a *app) string { return filepath.Join(c.folder, "assemblies", a.name) }

// diff synthesizes an app and compares it with what is deployed. It fails if they differ.
func (c *check) diff(ctx context.Context, a *app) (string, error) {
	return c.cdk(ctx, a, a.args("diff", "--fail", "--output", c.assembly(a))...)
}

// args adds the context of an app to arguments of the CDK, so that it is synthesized.
func (a *app) args(args ...string) []string {
	if a.context != "" {
		args = append(args, "--context", a.context)
	}
	return args
}

// deploy synthesizes and deploys an app.
func (c *check) deploy(ctx context.Context, a *app) error {
	_, err := c.cdk(ctx, a, a.args("deploy", "--require-approval", "never", "--output", c.assembly(a))...)
	return err
}

// redeploy deploys an app as it was synthesized last.
func (c *check) redeploy(ctx context.Context, a *app) error {
	_, err := c.cdk(ctx, a, "deploy", "--require-approval", "never", "--app", c.assembly(a))
	return err
}

// template reads the template of the app as it was synthesized last.
func (c *check) template(a *app) (*template.Stack, error) {
	assembly, err := template.Read(c.assembly(a))
	if err != nil {
		return nil, err
	}
	return assembly.Stack(a.stack)
}

// step does a step, and prints it and how long it took.
func (c *check) step(ctx context.Context, s step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	fmt.Fprintf(c.out, "%s … ", s)
	c.said.Reset()
	if err := c.around(ctx, s, func() error { return s.do(ctx, s.app) }); err != nil {
		fmt.Fprintln(c.out, "failed")
		return fmt.Errorf("%s: %w", s, err)
	}
	fmt.Fprintf(c.out, "%.1f s\n%s", time.Since(began).Seconds(), c.said.String())
	return nil
}

// say adds a line below the step.
func (c *check) say(format string, args ...any) {
	fmt.Fprintf(&c.said, "    "+format+"\n", args...)
}
