// Package aslscript tests the commands mapjob asl run and mapjob asl validate. It
// does not need the CDK.
package aslscript

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mapjob": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": checkCode, "wait-for": waitFor,
		},
	})
}

// checkCode is code N COMMAND...: it runs the command and checks its exit code.
func checkCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args[0]) != 1 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	expected := int(args[0][0] - '0')
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != expected {
		ts.Fatalf("got exit code %d, expected %d", got, expected)
	}
}

// waitFor is wait-for FILE TEXT: it waits until the file contains the text.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 400 {
		if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(text), args[1]) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("%s: got no %q within ten seconds", args[0], args[1])
}
