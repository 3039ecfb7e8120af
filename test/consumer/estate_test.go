package consumer

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/script/commands"
	"github.com/rogpeppe/go-internal/testscript"
)

// The app of test/script/estate, in a module of its own, and the script that
// test/script runs with it in this repository.
func TestAnAppOfSeveralStagesAndStacks(t *testing.T) {
	p := publish(t)
	install(t, p)
	c := newProject(t, p, "estate")
	if err := os.CopyFS(c.folder, os.DirFS("../script/estate")); err != nil {
		t.Fatal(err)
	}
	c.require(t, "example.com/estate")
	before := c.cached(t)
	var settings map[string]string
	if err := json.Unmarshal([]byte(c.run(t, "go", "env", "-json", "GOCACHE", "GOFLAGS", "GOMODCACHE", "GONOSUMDB", "GOPROXY", "GOWORK")), &settings); err != nil {
		t.Fatal(err)
	}
	t.Run("runs", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Files: []string{"../script/testdata/estate.txtar"},
			Setup: func(env *testscript.Env) error {
				for name, value := range settings {
					env.Setenv(name, value)
				}
				env.Setenv("HOME", os.Getenv("HOME")) // where the CDK is unpacked
				env.Setenv("ESTATE", "go run .")
				env.Setenv(commands.Mark, env.WorkDir)
				return os.CopyFS(env.WorkDir, os.DirFS(c.folder))
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"mapjob": mapjob, "json": commands.JSON, "nothing-left": commands.NothingLeft,
			},
		})
	})
	if after := c.cached(t); after != before {
		t.Error("got other files in the module cache than before the app ran, expected that it is only read")
	}
}

// mapjob runs the command that is installed.
func mapjob(ts *testscript.TestScript, neg bool, args []string) {
	if err := ts.Exec("mapjob", args...); (err != nil) != neg {
		ts.Fatalf("mapjob: got error %v", err)
	}
	if strings.Contains(ts.ReadFile("stderr"), "synthesized again") {
		ts.Fatalf("expected that the assembly is kept")
	}
}
