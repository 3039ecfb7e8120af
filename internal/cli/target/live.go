package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/internal/cli/parts"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/s3store"
	"github.com/mapjob/mapjob/internal/operate/waiting"
	"github.com/mapjob/mapjob/internal/stack"
)

// Serving returns the service of the process in which an execution runs.
func (s *Session) Serving(x *operate.Execution) (*operate.Service, error) {
	endpoints, err := s.endpoints(x)
	if err != nil {
		return nil, err
	}
	return localParts(endpoints), nil
}

// endpoints returns the addresses of the process in which an execution runs.
func (s *Session) endpoints(x *operate.Execution) (map[string]string, error) {
	stored, err := s.archive.Execution(x.ARN)
	if err != nil {
		return nil, err
	}
	endpoints := runs.Endpoints(stored.Folder)
	if endpoints == nil {
		return nil, fmt.Errorf("execution %s: the process that runs it does not answer", x.Name)
	}
	return endpoints, nil
}

// ErrNotListed says why tasks of an execution on AWS can't be listed.
var ErrNotListed = errors.New("AWS can't list the tasks that wait for an answer to their token. Look where the function of a task has sent its token, and answer with " +
	"aws stepfunctions send-task-success --task-token TOKEN --task-output JSON, or send-task-failure. --local lists the tasks of a run on this machine")

// Waiting returns what lists and answers the tasks of an execution that wait for an answer
// to their token.
func (s *Session) Waiting(x *operate.Execution) (*waiting.Service, error) {
	if !s.target.Local {
		return nil, ErrNotListed
	}
	if !x.Running() {
		return nil, fmt.Errorf("execution %s has ended with status %s: no task of it waits", x.Name, x.Status)
	}
	endpoints, err := s.endpoints(x)
	if err != nil {
		return nil, err
	}
	return &waiting.Service{URL: endpoints["AWS_ENDPOINT_URL_SFN"]}, nil
}

// Live starts the parts of the run that an execution is of, unless they run already: then started
// is nil. Others may start executions in them, too.
func (s *Session) Live(ctx context.Context, arn string, streams *terminal.Streams) (live *operate.Service, started *parts.Parts, err error) {
	x, err := s.archive.Execution(arn)
	if err != nil {
		return nil, nil, err
	}
	endpoints := runs.Endpoints(x.Folder)
	if endpoints == nil {
		p, err := parts.Again(filepath.Base(x.Folder), &parts.Flags{}, terminal.NewProgress(streams.Err))
		if used, ok := errors.AsType[*runs.InUseError](err); ok { // another process starts or ends them
			return nil, nil, &operate.RefusedError{Reason: used.Error()}
		}
		if err != nil {
			return nil, nil, err
		}
		if _, err = p.Synthesize(ctx); err == nil {
			err = p.Start(ctx, stack.Options{})
		}
		if err != nil {
			return nil, nil, errors.Join(err, p.Discard())
		}
		started, endpoints = p, runs.Endpoints(x.Folder)
	}
	return localParts(endpoints), started, nil
}

// localParts returns a service of parts that run on this machine.
func localParts(endpoints map[string]string) *operate.Service {
	url := endpoints["AWS_ENDPOINT_URL_S3"]
	transport := http.DefaultTransport.(*http.Transport).Clone()
	endsInSilence(transport)
	objects := s3.New(s3.Options{Region: "local", Credentials: localCredentials, BaseEndpoint: &url, UsePathStyle: true, HTTPClient: &http.Client{Transport: transport}})
	return &operate.Service{API: localClient(endpoints["AWS_ENDPOINT_URL_SFN"], transport),
		Store: &s3store.Store{Client: objects, Region: "local"}, Region: "local"}
}
