package template

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

	"github.com/mapjob/mapjob/internal/nodejs"
	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Synthesize runs the CDK app of the current folder for this machine, as the
// CDK CLI would for AWS: the app writes a cloud assembly to CDK_OUTDIR, and gets
// its context in CDK_CONTEXT_JSON.
//
// App is the command of the app; if it is empty, cdk.json names it. Given has context
// values beside those of cdk.json. Folder, an absolute path, is where the
// assembly goes, with the functions built.
func Synthesize(ctx context.Context, app string, given map[string]string, folder string) (*Assembly, error) {
	var project struct {
		App     string
		Context map[string]any
	}
	text, err := os.ReadFile("cdk.json")
	if err == nil {
		err = json.Unmarshal(text, &project)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading cdk.json: %w", err)
	}
	if app == "" {
		app = project.App
	}
	if app == "" {
		return nil, errors.New("found no cdk.json with an app in this folder, expected one: change to the folder of the CDK app, or give its command with --app")
	}

	values := map[string]any{
		protocol.LocalContext:          true,
		"aws:cdk:enable-path-metadata": true, // as the CDK CLI sets it; [Stack.ShortName] needs it
	}
	maps.Copy(values, project.Context)
	for k, v := range given {
		values[k] = v
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}

	if _, err := nodejs.Find("."); err != nil {
		return nil, fmt.Errorf("the CDK needs Node.js: %w", err)
	}
	shell := []string{"sh", "-c", app}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/c", app}
	}
	cmd := process.Command(ctx, shell[0], shell[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+nodejs.Path("."), "CDK_OUTDIR="+folder, "CDK_CONTEXT_JSON="+string(encoded),
		// The library's check of the template takes seconds; `cdk synth` makes it.
		"CDK_VALIDATION=false")
	output := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = output, output
	if err := process.Run(cmd); err != nil {
		if ctx.Err() != nil {
			return nil, errors.New("interrupted while the app was being synthesized")
		}
		return nil, fmt.Errorf("synthesizing the app with %q: %w\n%s", app, err, strings.TrimSpace(output.String()))
	}
	return Read(folder)
}
