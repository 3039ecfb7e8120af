package lambdahost

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Function describes a function that a host can run.
type Function struct {
	// Name is the name as in the ARN, unique in the host: up to 64 letters,
	// digits, hyphens and underscores. Required.
	Name string
	// Command is the executable and its arguments. A name without a slash is
	// looked for in Dir, then in PATH. Required.
	Command []string
	// Dir is the working directory. Default: the directory of the executable.
	Dir string
	// Env is what the function sees in its environment, besides what Lambda itself
	// sets there and PATH, HOME and TMPDIR of this process.
	Env map[string]string
	// Handler is what the function finds in _HANDLER. Default: "bootstrap".
	Handler string
	// ARN is the ARN that the function is told it was invoked by.
	// Default: made from the name, in us-east-1 and account 123456789012.
	ARN string
	// Timeout ends an invocation and its process. Default: three seconds, as in Lambda.
	Timeout time.Duration
	// MemoryMB is what the function is told about its memory; it isn't enforced.
	// Default: 128, as in Lambda.
	MemoryMB int
	// Concurrency is the number of processes at most, as reserved concurrency is
	// in Lambda. Default: only the host's limit applies.
	Concurrency int
}

const (
	defaultRegion  = "us-east-1"
	defaultAccount = "123456789012"
	// latestVersion is the only version that a host runs.
	latestVersion = "$LATEST"
)

func defaultARN(name string) string {
	return "arn:aws:lambda:" + defaultRegion + ":" + defaultAccount + ":function:" + name
}

// function is a Function with its defaults in place, and what the host keeps about it.
type function struct {
	Function
	region   string
	env      []string // without what differs between processes
	pool     pool
	counters counters
}

func newFunction(h *Host, f Function) (*function, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	f.Command = slices.Clone(f.Command)
	f.Env = maps.Clone(f.Env)
	if f.Handler == "" {
		f.Handler = "bootstrap"
	}
	if f.ARN == "" {
		f.ARN = defaultARN(f.Name)
	}
	if f.Timeout == 0 {
		f.Timeout = 3 * time.Second
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 128
	}
	executable, err := resolveExecutable(f.Command[0], f.Dir)
	if err != nil {
		return nil, fmt.Errorf("function %q: %w", f.Name, err)
	}
	f.Command[0] = executable
	if f.Dir == "" {
		f.Dir = filepath.Dir(executable)
	}
	fn := &function{Function: f, region: regionOf(f.ARN)}
	fn.env = fn.environment()
	fn.pool.init(h, fn)
	return fn, nil
}

func (f *Function) validate() error {
	var problems []error
	if !validName(f.Name) {
		problems = append(problems, fmt.Errorf("the name must be 1 to 64 letters, digits, hyphens and underscores, got %q", f.Name))
	}
	if len(f.Command) == 0 || f.Command[0] == "" {
		problems = append(problems, errors.New("the command must name an executable, got none"))
	}
	if f.Timeout < 0 {
		problems = append(problems, fmt.Errorf("the timeout must not be negative, got %s", f.Timeout))
	}
	if f.MemoryMB < 0 {
		problems = append(problems, fmt.Errorf("the memory must not be negative, got %d MB", f.MemoryMB))
	}
	if f.Concurrency < 0 {
		problems = append(problems, fmt.Errorf("the concurrency must not be negative, got %d", f.Concurrency))
	}
	for key, value := range f.Env {
		if key == "" || strings.ContainsAny(key, "=\x00") || strings.Contains(value, "\x00") {
			problems = append(problems, fmt.Errorf("environment variable %q cannot be set: the name must not be empty or hold '=', neither may hold a NUL", key))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("function %q: %w", f.Name, errors.Join(problems...))
}

// resolveExecutable makes the path absolute, so that neither the working
// directory of this process nor that of the function changes what it means. It
// doesn't have to exist: that shows when it is started.
func resolveExecutable(command, dir string) (string, error) {
	if !strings.ContainsRune(command, filepath.Separator) {
		if dir != "" {
			candidate := filepath.Join(dir, command)
			if info, err := os.Stat(candidate); err == nil && !info.IsDir() {
				return filepath.Abs(candidate)
			}
		}
		if found, err := exec.LookPath(command); err == nil {
			return filepath.Abs(found)
		}
		if dir != "" {
			command = filepath.Join(dir, command)
		}
	}
	return filepath.Abs(command)
}

// environment lists what Lambda sets for a function on an OS-only runtime
// (developer guide, "Working with Lambda environment variables"). Of this
// process's environment only PATH, HOME and TMPDIR pass.
func (fn *function) environment() []string {
	env := map[string]string{
		"AWS_REGION":         fn.region,
		"AWS_DEFAULT_REGION": fn.region,
		"LANG":               "en_US.UTF-8",
		"TZ":                 ":UTC",
	}
	for _, key := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, set := os.LookupEnv(key); set {
			env[key] = value
		}
	}
	maps.Copy(env, fn.Env)
	// Reserved: a function's own configuration can't change these.
	maps.Copy(env, map[string]string{
		"_HANDLER":                        fn.Handler,
		"AWS_LAMBDA_FUNCTION_NAME":        fn.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latestVersion,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(fn.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + fn.Name,
		"LAMBDA_TASK_ROOT":                fn.Dir,
	})
	// These differ between the processes.
	delete(env, "AWS_LAMBDA_RUNTIME_API")
	delete(env, "AWS_LAMBDA_LOG_STREAM_NAME")
	list := make([]string, 0, len(env))
	for key, value := range env {
		list = append(list, key+"="+value)
	}
	slices.Sort(list)
	return list
}

// processEnvironment adds what differs between the processes of a function.
func (fn *function) processEnvironment(runtimeAPI string) []string {
	stream := time.Now().UTC().Format("2006/01/02/") + "[" + latestVersion + "]" + randomHex(16)
	return append(slices.Clip(fn.env), "AWS_LAMBDA_RUNTIME_API="+runtimeAPI, "AWS_LAMBDA_LOG_STREAM_NAME="+stream)
}

// counters are the parts of Stats that only grow.
type counters struct {
	invocations, errors, timeouts, throttles, started atomic.Int64
}

func (c *counters) snapshot(alive int) Stats {
	return Stats{
		Invocations: int(c.invocations.Load()),
		Errors:      int(c.errors.Load()),
		Timeouts:    int(c.timeouts.Load()),
		Throttles:   int(c.throttles.Load()),
		Started:     int(c.started.Load()),
		Alive:       alive,
	}
}
