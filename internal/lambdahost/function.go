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
	"time"
)

// Function describes a function to run.
type Function struct {
	// Name is the function's name, unique in the host: 1 to 64 letters, digits,
	// hyphens and underscores. Required.
	Name string
	// Command is the executable and its arguments. An executable without a slash is
	// searched in Dir, then in PATH. Required, unless there is an Answer.
	Command []string
	// Answer answers invocations in place of an executable. If failed, the answer is
	// the error of the function. It must be safe for concurrent use.
	Answer func(payload []byte) (answer []byte, failed bool)
	// Dir is the working directory. Default: the directory of the executable.
	Dir string
	// Env holds environment variables of the function. It also gets those that
	// Lambda sets, and PATH, HOME and TMPDIR of this process.
	Env map[string]string
	// Handler is the value of _HANDLER. Default: "bootstrap".
	Handler string
	// ARN is the ARN that the function sees.
	// Default: that of Name in us-east-1 and account 123456789012.
	ARN string
	// Timeout is the longest duration of an invocation. When it is over, the process
	// is killed. Default: three seconds, as in Lambda.
	Timeout time.Duration
	// MemoryMB is the memory size. On Linux, a process that uses more is killed.
	// Default: 128, as in Lambda.
	MemoryMB int
	// Concurrency is the largest number of processes, like reserved concurrency in
	// Lambda. Default: only the host's limit applies.
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

// function is a Function with its defaults and its processes.
type function struct {
	Function
	region   string
	env      []string // without the variables that differ between processes
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
	if f.Answer == nil {
		executable, err := resolveExecutable(f.Command[0], f.Dir)
		if err != nil {
			return nil, fmt.Errorf("function %q: %w", f.Name, err)
		}
		f.Command[0] = executable
		if f.Dir == "" {
			f.Dir = filepath.Dir(executable)
		}
	}
	fn := &function{Function: f, region: regionOf(f.ARN)}
	fn.env = fn.environment()
	fn.pool.init(h, fn)
	return fn, nil
}

func (f *Function) validate() error {
	var problems []error
	if !validName(f.Name) {
		problems = append(problems, fmt.Errorf("got name %q, expected 1 to 64 letters, digits, hyphens and underscores", f.Name))
	}
	if f.Answer == nil && (len(f.Command) == 0 || f.Command[0] == "") {
		problems = append(problems, errors.New("got no command, expected an executable"))
	}
	if f.Timeout < 0 {
		problems = append(problems, fmt.Errorf("got timeout %s, expected a positive one, or 0 for the default", f.Timeout))
	}
	if f.MemoryMB < 0 {
		problems = append(problems, fmt.Errorf("got memory %d MB, expected a positive size, or 0 for the default", f.MemoryMB))
	}
	if f.Concurrency < 0 {
		problems = append(problems, fmt.Errorf("got concurrency %d, expected a positive number, or 0 for no limit", f.Concurrency))
	}
	for key, value := range f.Env {
		if key == "" || strings.ContainsAny(key, "=\x00") || strings.Contains(value, "\x00") {
			problems = append(problems, fmt.Errorf("got environment variable %q, expected a name that is not empty and has no '=', and no NUL in name or value", key))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("function %q: %w", f.Name, errors.Join(problems...))
}

// resolveExecutable returns an absolute path, which does not depend on the working
// directory of this process or of the function. The file need not exist yet.
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

// environment returns the environment of a function on an OS-only runtime
// (developer guide, "Working with Lambda environment variables"). From this
// process's environment it takes only PATH, HOME and TMPDIR.
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
	// Reserved variables: Env can't change these.
	maps.Copy(env, map[string]string{
		"_HANDLER":                        fn.Handler,
		"AWS_LAMBDA_FUNCTION_NAME":        fn.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latestVersion,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(fn.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + fn.Name,
		"LAMBDA_TASK_ROOT":                fn.Dir,
	})
	// Reserved variables that differ between processes.
	delete(env, "AWS_LAMBDA_RUNTIME_API")
	delete(env, "AWS_LAMBDA_LOG_STREAM_NAME")
	list := make([]string, 0, len(env))
	for key, value := range env {
		list = append(list, key+"="+value)
	}
	slices.Sort(list)
	return list
}

// processEnvironment adds the variables that differ between processes.
func (fn *function) processEnvironment(runtimeAPI string) []string {
	stream := time.Now().UTC().Format("2006/01/02/") + "[" + latestVersion + "]" + randomHex(16)
	return append(slices.Clip(fn.env), "AWS_LAMBDA_RUNTIME_API="+runtimeAPI, "AWS_LAMBDA_LOG_STREAM_NAME="+stream)
}
