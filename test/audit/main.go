// Command audit looks for known vulnerabilities in what this project depends on: in
// the modules of Go and the standard library with govulncheck, in the packages of npm
// with npm audit.
//
// A database that can't be reached is said, and fails on GitHub.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

// vulnerability is one that a tool has found.
type vulnerability struct {
	id     string // such as GO-2026-6617 or GHSA-q3jc-42cq-33fj
	where  string // what has it
	advice string
}

// acceptance accepts a vulnerability, or those of a package of npm, until a day.
type acceptance struct {
	tool, id, reason string // id is that of the vulnerability, or the name of the package
	until            string // such as 2026-12-31
}

func (a acceptance) covers(tool string, v vulnerability) bool {
	return a.tool == tool && (a.id == v.id || strings.HasPrefix(v.where, a.id+" "))
}

// accepted lists the vulnerabilities that are accepted.
var accepted = []acceptance{
	{"npm audit", "jsonata", "tests compare ours with 2.0.6, which Step Functions runs, and give it expressions of this repository only", "2027-06-30"},
}

// tools find vulnerabilities.
var tools = []struct {
	name string
	find func(context.Context, io.Writer) ([]vulnerability, error)
}{{"govulncheck", modules}, {"npm audit", packages}}

// errUnreachable is the error of a tool whose database can't be reached.
var errUnreachable = errors.New("the database can't be reached")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv("GITHUB_ACTIONS") != ""); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

// run runs the tools. If strict is set, all of them have to be tested.
func run(ctx context.Context, out io.Writer, strict bool) error {
	faults := 0
	for _, tool := range tools {
		found, err := tool.find(ctx, out)
		if errors.Is(err, errUnreachable) && !strict {
			fmt.Fprintf(out, "NOT TESTED: %s: %v\n", tool.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", tool.name, err)
		}
		n := judge(out, tool.name, found, accepted, time.Now())
		if n == 0 {
			fmt.Fprintf(out, "%s: no vulnerability that is not accepted\n", tool.name)
		}
		faults += n
	}
	if faults > 0 {
		return fmt.Errorf("got %d faults, expected none: update what is vulnerable, or accept it in test/audit/main.go, with a reason and a day", faults)
	}
	return nil
}

// judge writes what a tool has found and is not accepted, and what is accepted wrongly,
// and returns how many these are.
func judge(out io.Writer, tool string, found []vulnerability, accepted []acceptance, now time.Time) (faults int) {
	used := map[string]bool{}
	for _, v := range found {
		ok := false
		for _, a := range accepted {
			if a.covers(tool, v) {
				ok, used[a.id] = true, true
			}
		}
		if !ok {
			faults++
			fmt.Fprintf(out, "%s: %s in %s: %s\n", tool, v.id, v.where, v.advice)
		}
	}
	for _, a := range accepted {
		if a.tool != tool {
			continue
		}
		switch until, err := time.Parse(time.DateOnly, a.until); {
		case err != nil || a.reason == "":
			faults++
			fmt.Fprintf(out, "%s: %s is accepted until %q, because %q, expected a day such as 2026-12-31 and a reason\n", tool, a.id, a.until, a.reason)
		case !used[a.id]:
			faults++
			fmt.Fprintf(out, "%s: %s is accepted and was not found: remove it from the list\n", tool, a.id)
		case now.After(until.AddDate(0, 0, 1)):
			faults++
			fmt.Fprintf(out, "%s: %s was accepted until %s: look at it again\n", tool, a.id, a.until)
		}
	}
	return faults
}
