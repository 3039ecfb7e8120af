// Package commands has commands of scripts that look at what mapjob has done.
package commands

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Mark is a variable of the environment that each process of a script has, with a
// value of that script.
const Mark = "MAPJOB_TEST_RUN"

// JSON checks that the JSON document on standard output has a value at a path: json PATH VALUE.
func JSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH VALUE")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("standard output is not one JSON document: %v", err)
	}
	for name := range strings.SplitSeq(args[0], "/") {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	if (fmt.Sprint(v) == args[1]) == neg {
		ts.Fatalf("got %v at %s, expected %s", v, args[0], args[1])
	}
}

// NothingLeft checks that no process of the script runs any more: nothing-left.
func NothingLeft(ts *testscript.TestScript, _ bool, _ []string) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		ts.Logf("processes are not looked for: this system has no /proc")
		return
	}
	mark := ts.Getenv(Mark)
	var left []string
	for range 50 { // a process that was killed takes a moment to end
		left = nil
		processes, _ := filepath.Glob("/proc/[0-9]*")
		for _, p := range processes {
			environment, _ := os.ReadFile(p + "/environ")
			command, _ := os.ReadFile(p + "/cmdline")
			if p != fmt.Sprintf("/proc/%d", os.Getpid()) && strings.Contains(string(environment)+string(command), mark) {
				left = append(left, p+": "+strings.ReplaceAll(string(command), "\x00", " "))
			}
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("left behind:\n%s", strings.Join(left, "\n"))
}
