package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/template"
)

// invocable has the functions of the stack.
type invocable struct {
	invoker  *invocation.Invoker
	timeouts map[string]time.Duration // by physical name
	absent   map[string]error         // why functions of the stack do not run, by physical name
	logs     map[string]io.Writer     // by physical name
}

// Has reports whether a function runs on this machine.
func (f *invocable) Has(name string) bool {
	_, ok := f.timeouts[name]
	return ok
}

// MostMemory returns the megabytes that a process of each function was seen to use at
// most, by the names of the functions. Those that it isn't known of are missing.
func (s *Stack) MostMemory() map[string]int {
	most := map[string]int{}
	for name := range s.functions.timeouts {
		if mb := s.host.Stats(name).MostMemory; mb > 0 {
			most[name] = mb
		}
	}
	return most
}

// Invoke invokes a function and waits for its answer.
func (f *invocable) Invoke(ctx context.Context, name string, payload []byte) (*lambdahost.Response, error) {
	if reason := f.absent[lambdahost.NameOf(name)]; reason != nil {
		return nil, &lambdahost.Error{Code: "ResourceNotFoundException", Message: fmt.Sprintf("Function not found: %s: it does not run on this machine: %v", name, reason)}
	}
	return f.invoker.Invoke(ctx, name, payload)
}

// startHost starts what functions and queues need, without any of them.
func (s *Stack) startHost(context.Context) (err error) {
	logs := map[string]io.Writer{}
	options := []lambdahost.Option{lambdahost.WithLogs(func(function string) io.Writer { return logs[function] })}
	if s.options.LambdaPort != 0 {
		options = append(options, lambdahost.WithAddr(fmt.Sprintf("127.0.0.1:%d", s.options.LambdaPort)))
	}
	s.host, err = lambdahost.New(options...)
	if errors.Is(err, syscall.EADDRINUSE) {
		return loopback.PortTaken("Lambda", "--lambda-port", s.options.LambdaPort)
	}
	if err != nil {
		return err
	}
	s.queues = sqs.New(sqs.Options{Region: s.template.Region, Account: s.template.Account, Faults: s.options.QueueFaults})
	s.invoker = invocation.New(invocation.Options{Host: s.faultyHost(), Queues: s.queues, Concurrency: s.options.Concurrency, Delivered: s.options.Delivered})
	s.functions = invocable{s.invoker, map[string]time.Duration{}, map[string]error{}, logs}
	s.messages = integration.NewMessageFile(filepath.Join(s.options.Folder, "messages.jsonl"))
	s.services = &integration.Services{Functions: &s.functions, Database: s.database, S3: integration.S3At(s.s3Server.URL), Queues: s.queues, Messages: s.messages}
	return nil
}

// openLog opens the log of a function. A folder that can't be written to is an
// error now, not a lost log later.
func (s *Stack) openLog(r *template.Resource) (io.Writer, error) {
	folder := filepath.Join(s.options.Folder, "logs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	file, err := functionlog.Create(filepath.Join(folder, s.template.ShortName(r)+".log"))
	if err != nil {
		return nil, err
	}
	s.logs = append(s.logs, file)
	return file, nil
}

// addFunctions adds the functions of the stack to the host.
func (s *Stack) addFunctions(ctx context.Context) error {
	endpoints, err := s.injection.Serve(s.Endpoints())
	if err != nil {
		return err
	}
	s.executables = filepath.Join(s.options.Folder, "functions")
	found, err := functions.Read(ctx, s.template, functions.Options{Folder: s.executables,
		Built: cmp.Or(s.options.Built, filepath.Join(s.options.Folder, "built")), Endpoints: endpoints, Replacements: s.options.Functions})
	if err != nil {
		return err
	}
	s.ignored = found.Ignored
	for _, r := range s.template.Resources(functions.Type) {
		if reason := found.Absent[r]; reason != nil {
			s.functions.absent[r.PhysicalName()] = reason
			s.without(r, "function", reason)
		}
	}
	for _, f := range found.Running {
		log, err := s.openLog(f.Resource)
		if err != nil {
			return err
		}
		s.functions.logs[f.Host.Name] = log
		s.functions.timeouts[f.Host.Name] = cmp.Or(f.Host.Timeout, 3*time.Second)
		if err := s.host.Add(f.Host); err != nil {
			return err
		}
	}
	return nil
}
