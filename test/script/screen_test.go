package script

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// take-run NAME: $NAME is the name of the last run, which is that of its execution.
func takeRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: take-run NAME")
	}
	name, err := os.Readlink(ts.MkAbs(".mapjob/runs/last"))
	ts.Check(err)
	ts.Setenv(args[0], name)
}

// paste PREFIX: runs the command that the last screen has after this prefix, in a shell.
func paste(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: paste PREFIX")
	}
	for line := range strings.Lines(ts.ReadFile("stdout") + ts.ReadFile("stderr")) {
		command, found := strings.CutPrefix(strings.TrimSpace(line), args[0])
		if !found {
			continue
		}
		if err := ts.Exec("sh", "-c", command); (err == nil) == neg {
			ts.Fatalf("%s: got error %v", command, err)
		}
		return
	}
	ts.Fatalf("got no line that begins with %q", args[0])
}
