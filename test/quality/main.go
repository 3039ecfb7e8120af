// Command quality looks for faults in the templates and definitions of this
// repository: those of its snapshots, of the examples and of the apps of tests. Tests
// keep templates in a folder, and the command adds those of apps:
//
//	MAPJOB_REVIEW=$PWD/bin/review go test ./...
//	go run ./test/quality bin/review
//
// With -tests, it runs the tests that keep templates first.
//
// It runs the validator that the CDK runs, cfn-lint, asl-validator and the rules of
// cdk-nag, and fails if one finds what is not in the list of what is accepted, if what
// is accepted was not found, or if a snapshot or an app has no template in the folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/aws/jsii-runtime-go"

	"github.com/mapjob/mapjob/test/review"
)

// check finds faults in templates and definitions.
type check struct {
	name string
	find func(context.Context, *reviewed) ([]finding, error)
}

var checks = []check{
	{"cloudformation-validate", schemas},
	{"cfn-lint", cfnLint},
	{"asl-validator", definitions},
	{"cdk-nag", nag},
}

// finding is what a check has found.
type finding struct {
	Check, Rule string
	Snapshot    string // the package and the name of a snapshot, such as constructs/mapjob minimal
	At          string // the place in the template or definition
	Message     string
}

func (f finding) String() string {
	return fmt.Sprintf("%s: %s: %s: %s: %s", f.Check, f.Snapshot, f.Rule, f.At, f.Message)
}

func main() { os.Exit(command()) }

func command() int {
	defer jsii.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tests := flag.Bool("tests", false, "run the tests that keep templates")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintf(os.Stderr, "quality: got %d folders, expected that of %s, which the tests have filled: run make quality\n", flag.NArg(), review.Variable)
		return 2
	}
	folder := flag.Arg(0)
	err := fill(ctx, folder, *tests, os.Stdout)
	if err == nil {
		err = run(ctx, folder, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		return 1
	}
	return 0
}

// fill adds the templates of apps to a folder, and before, if tests is set, those that
// tests keep.
func fill(ctx context.Context, folder string, tests bool, out io.Writer) error {
	if tests {
		if err := runTests(ctx, ".", folder); err != nil {
			return err
		}
	}
	begin := time.Now()
	found, err := apps(".")
	if err != nil {
		return err
	}
	n, err := synthesizeAll(ctx, ".", found, folder)
	if err == nil {
		fmt.Fprintf(out, "synthesized %d apps in %.1f s\n", n, time.Since(begin).Seconds())
	}
	return err
}

// run runs all checks on what a folder has.
func run(ctx context.Context, folder string, out io.Writer) error {
	r, err := read(folder, ".")
	if err != nil {
		return err
	}
	defer r.close()
	var (
		found  = make([][]finding, len(checks))
		failed = make([]error, len(checks))
		took   = make([]time.Duration, len(checks))
		wait   sync.WaitGroup
	)
	for i, c := range checks {
		wait.Go(func() {
			begin := time.Now()
			found[i], failed[i] = c.find(ctx, r)
			took[i] = time.Since(begin)
		})
	}
	wait.Wait()

	ran := map[string][]finding{}
	for i, c := range checks {
		if missing := (*missingTool)(nil); errors.As(failed[i], &missing) && os.Getenv("GITHUB_ACTIONS") == "" {
			fmt.Fprintf(out, "NOT TESTED: %s: %v\n", c.name, failed[i])
			continue
		}
		if failed[i] != nil {
			return fmt.Errorf("%s: %w", c.name, failed[i])
		}
		ran[c.name] = found[i]
		for j := range found[i] {
			found[i][j].Check = c.name
		}
	}
	if faults := judge(out, ran, accepted); faults > 0 {
		return fmt.Errorf("got %d faults, expected none: mend the construct, or accept the finding in test/quality/accepted.go, with a reason", faults)
	}
	fmt.Fprintf(out, "%d templates and %d definitions:\n", len(r.templates), len(r.definitions))
	for i, c := range checks {
		if found, ok := ran[c.name]; ok {
			fmt.Fprintf(out, "%s: no fault, %d findings are accepted, %.1f s\n", c.name, len(found), took[i].Seconds())
		}
	}
	return nil
}

// judge writes what the checks that ran have found and is not accepted, and what is
// accepted and was not found, and returns how many these are.
func judge(out io.Writer, ran map[string][]finding, accepted []acceptance) (faults int) {
	used := make([]bool, len(accepted))
	for _, c := range slices.Sorted(maps.Keys(ran)) {
		for _, f := range ran[c] {
			if n := accepting(accepted, f); n >= 0 {
				used[n] = true
				continue
			}
			faults++
			fmt.Fprintln(out, f)
		}
	}
	for n, a := range accepted {
		if _, ok := ran[a.check]; ok && !used[n] {
			faults++
			fmt.Fprintf(out, "%s: %s is accepted in %q, and was not found: remove it from the list\n", a.check, a.rule, a.where)
		}
	}
	return faults
}

// missingTool is the error of a check whose tool is not installed and need not be.
type missingTool struct{ name, get string }

func (m *missingTool) Error() string {
	return fmt.Sprintf("%s is not in PATH: %s", m.name, m.get)
}

// output runs a tool. Its exit codes are those that mean that it has looked at
// everything.
func output(ctx context.Context, codes []int, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		if slices.Contains(codes, ended.ExitCode()) {
			return text, nil
		}
	}
	return text, err
}
