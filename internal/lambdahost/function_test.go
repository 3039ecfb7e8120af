//go:build linux || darwin

package lambdahost_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

func TestAddNamesEveryProblem(t *testing.T) {
	h := newHost(t)
	err := h.Add(lambdahost.Function{Name: "no spaces", Timeout: -time.Second, MemoryMB: -1, Concurrency: -2, Env: map[string]string{"A=B": ""}})
	for _, want := range []string{`got "no spaces"`, "an executable, got none", "got -1s", "got -1 MB", "got -2", `"A=B"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %s in it", err, want)
		}
	}
	add(t, h, nil)
	if err := h.Add(lambdahost.Function{Name: "worker", Command: []string{binary}}); err == nil || !strings.Contains(err.Error(), `"worker" was already added`) {
		t.Errorf("got %v, expected that the name is taken", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, option := range map[string]lambdahost.Option{
		"concurrency of a lambda host must be at least 1, got 0": lambdahost.WithConcurrency(0),
		"cold start timeout of a lambda host must be positive":   lambdahost.WithColdStartTimeout(0),
		`"nonsense", expected an address like 127.0.0.1:3001`:    lambdahost.WithAddr("nonsense"),
	} {
		if h, err := lambdahost.New(option); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, %v, expected %s", h, err, name)
		}
	}
}

func TestArgumentsAndABareName(t *testing.T) {
	h := newHost(t)
	// "sh" is found in PATH; the script is its argument.
	add(t, h, func(f *lambdahost.Function) {
		f.Command = []string{"sh", "-c", `exec "$0"`, binary}
		f.Dir = t.TempDir()
	})
	succeed[int](t, h, `{"do":"pid"}`)
}
