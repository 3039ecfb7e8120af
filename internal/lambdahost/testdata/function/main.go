//go:build linux || darwin

// Command function is the Lambda function of the lambdahost tests. The event says
// what it does; the variables INIT and HANDLER say how it starts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// event tells the function what to do.
type event struct {
	Do      string `json:"do"`
	Millis  int    `json:"millis"`
	Bytes   int    `json:"bytes"`
	Code    int    `json:"code"`
	File    string `json:"file"`
	Message string `json:"message"`
}

func main() {
	switch initialization() {
	case "exit":
		fmt.Fprintln(os.Stderr, "giving up before the first event")
		os.Exit(7)
	case "exit 0":
		os.Exit(0)
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour) // the signal may take a moment
	case "hang":
		time.Sleep(time.Hour)
	case "memory":
		n, _ := strconv.Atoi(os.Getenv("BYTES"))
		memory = grow(nil, n)
		time.Sleep(time.Hour)
	case "slow":
		time.Sleep(300 * time.Millisecond)
	case "error":
		reportInitError()
	}
	switch os.Getenv("HANDLER") {
	case "echo":
		lambda.Start(func(_ context.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil })
	case "raw":
		lambda.Start(func(context.Context) (*strings.Reader, error) { return strings.NewReader("no JSON at all"), nil })
	case "manual":
		manualRuntime()
	default:
		lambda.Start(handle)
	}
}

// initialization returns how the function starts. If ONCE is a file that does not
// exist, this is the first process, which creates it; other processes just start.
func initialization() string {
	if once := os.Getenv("ONCE"); once != "" {
		file, err := os.OpenFile(once, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return ""
		}
		_ = file.Close()
	}
	return os.Getenv("INIT")
}

// memory is kept between invocations.
var memory []byte

// grow returns n bytes that are in use.
func grow(b []byte, n int) []byte {
	if len(b) < n {
		b = make([]byte, n)
	}
	for i := 0; i < len(b); i += 4096 {
		b[i]++
	}
	return b
}

// touchFile maps a file into the memory, and reads all of it.
func touchFile(name string, hold time.Duration) (sum int, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	pages, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(pages); i += 4096 {
		sum += int(pages[i])
	}
	time.Sleep(hold)
	return sum, syscall.Munmap(pages)
}

func handle(ctx context.Context, e event) (any, error) {
	switch e.Do {
	case "pid":
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		return os.Getpid(), nil
	case "sleep":
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		return "slept", nil
	case "sleep then touch":
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		return "touched", os.WriteFile(e.File, []byte("here"), 0o600)
	case "error":
		return nil, errors.New(e.Message)
	case "panic":
		panic(e.Message)
	case "exit":
		os.Exit(e.Code)
	case "kill":
		return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "environment":
		return os.Environ(), nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		dir, _ := os.Getwd()
		return map[string]any{
			"arn": lc.InvokedFunctionArn, "requestID": lc.AwsRequestID, "trace": os.Getenv("_X_AMZN_TRACE_ID"),
			"remaining": time.Until(deadline).Milliseconds(), "dir": dir, "custom": lc.ClientContext.Custom,
		}, nil
	case "memory":
		memory = grow(memory, e.Bytes)
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		return len(memory), nil
	case "file memory":
		return touchFile(e.File, time.Duration(e.Millis)*time.Millisecond)
	case "child's memory":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "INIT=memory", "BYTES="+strconv.Itoa(e.Bytes))
		if err := child.Start(); err != nil {
			return nil, err
		}
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		return child.Process.Pid, child.Process.Kill()
	case "bytes":
		return strings.Repeat("x", e.Bytes-2), nil // plus two quotes
	case "fork":
		// A shell with a child: neither ends by itself.
		child := exec.Command("/bin/sh", "-c", "sleep 1000 & echo $! >"+e.File+"; wait")
		if err := child.Start(); err != nil {
			return nil, err
		}
		grandchild := 0
		for grandchild == 0 {
			time.Sleep(5 * time.Millisecond)
			text, _ := os.ReadFile(e.File)
			fmt.Sscan(string(text), &grandchild)
		}
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		return []int{os.Getpid(), child.Process.Pid, grandchild}, nil
	case "escape":
		// A child in its own session that keeps the log open.
		child := exec.Command("sleep", "1000")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			return nil, err
		}
		return child.Process.Pid, nil
	case "log":
		fmt.Println(e.Message)
		fmt.Fprintln(os.Stderr, e.Message)
		fmt.Print("unfinished " + e.Message)
		return "logged", nil
	case "log lines":
		for i := range 200 {
			fmt.Fprintf(os.Stdout, "%s %d %s\n", e.Message, i, strings.Repeat("=", 100))
		}
		return "logged", nil
	}
	return nil, fmt.Errorf("the test function can't %q", e.Do)
}
