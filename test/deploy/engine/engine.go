// Package engine runs the job of an app with the parts of this machine: mapjob serve.
package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/process"
)

// Engine is a Step Functions of this machine, with one state machine.
type Engine struct {
	Client       *sfn.Client
	URL, Machine string // Machine is an ARN

	stop func()
}

// Build builds the command mapjob of the repository at root in a folder, and returns its
// path.
func Build(ctx context.Context, root, folder string) (string, error) {
	command := filepath.Join(folder, "mapjob")
	build := process.Command(ctx, "go", "build", "-o", command, "./cmd/mapjob")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return command, nil
}

// Serve starts the parts of the app in a folder.
func Serve(ctx context.Context, command, folder string, args ...string) (*Engine, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := process.Command(ctx, command, append([]string{"serve", "--json"}, args...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PWD="+cmd.Dir, "CDK_VALIDATION=false")
	out, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	ended := make(chan error, 1)
	answers := make(chan *Engine, 1)
	go func() { ended <- process.Run(cmd) }()
	stop := func() { cancel(); <-ended; ended <- nil }
	var failed error
	go func() {
		var e *Engine
		e, failed = read(json.NewDecoder(out))
		answers <- e
	}()
	select {
	case e := <-answers:
		if failed == nil {
			e.stop = stop
			return e, nil
		}
		cancel()
		return nil, fmt.Errorf("mapjob serve: %w\n%s", errors.Join(failed, <-ended), said.String())
	case <-time.After(5 * time.Minute):
		stop()
		return nil, fmt.Errorf("mapjob serve does not answer\n%s", said.String())
	}
}

// read reads where the parts are.
func read(from *json.Decoder) (*Engine, error) {
	var answer struct {
		Environment   map[string]string
		StateMachines []struct{ ARN string }
	}
	if err := from.Decode(&answer); err != nil {
		return nil, fmt.Errorf("reading its answer: %w", err)
	}
	url := answer.Environment["AWS_ENDPOINT_URL_SFN"]
	if url == "" || len(answer.StateMachines) != 1 {
		return nil, errors.New("got no Step Functions, or not one state machine")
	}
	return &Engine{URL: url, Machine: answer.StateMachines[0].ARN,
		Client: sfn.New(sfn.Options{Region: answer.Environment["AWS_REGION"], BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})}, nil
}

// Stop stops the parts.
func (e *Engine) Stop() { e.stop() }
