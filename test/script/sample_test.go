package script

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// sample: the folder of the script is a copy of the repository, with what its app needs.
func copySample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: sample")
	}
	root := ts.Getenv("ROOT")
	for _, name := range []string{"app.go", "cdk.json", "constructs", "examples/night.json", "examples/orders.jsonl", "go.mod", "go.sum",
		"internal", "job", "lambdas", "Makefile", "package.json", "stacks"} {
		ts.Check(filepath.WalkDir(filepath.Join(root, name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			relative, _ := filepath.Rel(root, path)
			return copyFile(path, ts.MkAbs(relative))
		}))
	}
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	return err
}

// edit FILE OLD NEW: replaces a text that the file has once.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if n := strings.Count(text, args[1]); n != 1 {
		ts.Fatalf("%s: got %q %d times, expected once", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

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
