//go:build linux || darwin

package lambdahost_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func TestAddReportsAllProblems(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	err := h.Add(lambdahost.Function{Name: "no spaces", Timeout: -time.Second, MemoryMB: -1, Concurrency: -2, Env: map[string]string{"A=B": ""}})
	for _, want := range []string{`got name "no spaces"`, "got no command", "got timeout -1s", "got memory -1 MB", "got concurrency -2", `got environment variable "A=B"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected it to contain %s", err, want)
		}
	}
	add(t, h, nil)
	if err := h.Add(lambdahost.Function{Name: "worker", Command: []string{binary}}); err == nil || !strings.Contains(err.Error(), `"worker" was already added`) {
		t.Errorf("got %v, expected an error that the name is taken", err)
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]lambdahost.Option{
		"got concurrency 0 for the Lambda host, expected at least 1":   lambdahost.WithConcurrency(0),
		"got cold start timeout 0s for the Lambda host, expected more": lambdahost.WithColdStartTimeout(0),
		`"nonsense", expected an address such as 127.0.0.1:3001`:       lambdahost.WithAddr("nonsense"),
	} {
		if h, err := lambdahost.New(option); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, %v, expected %s", h, err, name)
		}
	}
}

func TestCommandWithArgumentsIsFoundInPATH(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	// "sh" is found in PATH; the script is its argument.
	add(t, h, func(f *lambdahost.Function) {
		f.Command = []string{"sh", "-c", `exec "$0"`, binary}
		f.Dir = t.TempDir()
	})
	succeed[int](t, h, `{"do":"pid"}`)
}
