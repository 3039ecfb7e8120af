// Package aslscript tests mapjob asl run and mapjob asl validate as a person
// types them. Nothing here needs the CDK.
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

// code N COMMAND...: the command ends with this exit code.
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

// wait-for FILE TEXT: wait until the file has the text in it.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 400 {
		if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(text), args[1]) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("%s never came to have %s in it", args[0], args[1])
}
