package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// form is a form of job that the test has.
type form struct {
	name     string
	policies int
	// never are the kinds of faults that cannot strike it.
	never []string
}

func forms() []form {
	return []form{
		{"value", 5, nil}, {"reference", 5, nil}, {"inline", 5, []string{"redriven"}}, // which has no Map Run
		{"express", 5, nil}, {"callback", 5, nil}, {"processor", 5, nil}, {"sample", 1, nil},
	}
}

// result is what the sweeps of a form have printed.
type result struct {
	policies map[string]*counts // by policy
	failed   int                // seeds
	problems []string
}

// counts are those of a sweep, by the title of their part in its table.
type counts struct {
	runs  int
	parts map[string]map[string]int
}

func newResult() *result { return &result{policies: map[string]*counts{}} }

func (r *result) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *result) violations() int { return r.failed + len(r.problems) }

// seeds returns the number of seeds: the first run of a sweep has none.
func (r *result) seeds() (n int) {
	for _, c := range r.policies {
		n += max(0, c.runs-1)
	}
	return n
}

// Parts of the table of a sweep.
const (
	faultsPart     = "faults that struck in runs"
	executionsPart = "executions"
	statesPart     = "states entered in runs"
	invariantsPart = "invariants reached in runs"
)

// row is a line of the table of a sweep: a name and a number.
var row = regexp.MustCompile(`^(\s+)(\S.*?)\s{2,}(\d+)\s*$`)

// read reads what test2json writes of the sweeps, and calls report with what failed.
func (r *result) read(from io.Reader, report func(failure string)) error {
	output := map[string]*strings.Builder{} // of tests that run
	part := map[string]string{}             // where a table is, by test
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("reading the output of the test: %w", err)
		}
		names := strings.SplitN(e.Test, "/", 4) // TestSoak, form, policy, seed
		switch e.Action {
		case "output":
			if len(names) == 3 && r.add(names[2], part, e.Test, e.Output) || strings.HasPrefix(strings.TrimSpace(e.Output), "--- ") || strings.HasPrefix(e.Output, "=== ") {
				continue
			}
			if output[e.Test] == nil {
				output[e.Test] = &strings.Builder{}
			}
			output[e.Test].WriteString(e.Output)
		case "fail":
			if len(names) == 4 {
				r.failed++
			} else if text := said(output[e.Test]); len(names) == 3 && text != "" {
				r.problem("%s: %s", e.Test, text)
			}
			if text := said(output[e.Test]); text != "" && len(names) >= 3 {
				report(e.Test + "\n" + text)
			}
			fallthrough
		case "pass", "skip":
			if e.Test != "" {
				delete(output, e.Test)
			}
		}
	}
	if text := said(output[""]); text != "" && r.seeds() == 0 { // it could not begin, or it has crashed
		r.problem("%s", text)
	}
	return lines.Err()
}

// said returns what a test has printed, besides the place of the table.
func said(output *strings.Builder) string {
	if output == nil {
		return ""
	}
	text := strings.TrimSpace(output.String())
	if place := regexp.MustCompile(`^explore\.go:\d+:$`); place.MatchString(text) {
		return ""
	}
	return text
}

// add reads a line of a sweep's table. It reports false if the line is none.
func (r *result) add(policy string, part map[string]string, test, line string) bool {
	line = strings.TrimRight(line, "\n")
	title := strings.TrimSpace(line)
	if slices.Contains([]string{faultsPart, executionsPart, statesPart, invariantsPart}, title) && r.policies[policy] != nil {
		part[test] = title
		r.policies[policy].parts[title] = map[string]int{}
		return true
	}
	found := row.FindStringSubmatch(line)
	if found == nil {
		return title == ""
	}
	n, err := strconv.Atoi(found[3])
	if err != nil {
		return false
	}
	switch {
	case found[2] == "runs" && r.policies[policy] == nil:
		r.policies[policy] = &counts{runs: n, parts: map[string]map[string]int{}}
	case part[test] == "":
		return false
	default:
		r.policies[policy].parts[part[test]][found[2]] = n
	}
	return true
}

// enough is the number of seeds of a form from which every kind of fault must have
// struck.
const enough = 1000

// endings are columns of the table: parts of what sweeps count.
func endings() []struct{ title, part, name string } {
	return []struct{ title, part, name string }{
		{"succeeded", executionsPart, "SUCCEEDED"}, {"too many failures", executionsPart, "FAILED MapJob.TooManyFailures"},
		{"lost items", executionsPart, "FAILED MapJob.LostItems"}, {"already running", executionsPart, "FAILED MapJob.AlreadyRunning"},
		{"stopped", executionsPart, "ABORTED"}, {"timed out", executionsPart, "TIMED_OUT"},
		{"skipped", statesPart, "Skipped"}, {"waited", statesPart, "WaitForLock"}, {"replaced", statesPart, "StopOwner"},
		{"reruns", statesPart, "FindRerun"},
	}
}

// summarize prints what was reached, and last the number of seeds and violations.
func summarize(to io.Writer, forms []form, results []*result, seeds int) error {
	kinds := map[string]bool{}
	total, violations := 0, 0
	var problems []string
	for _, r := range results {
		if r == nil {
			continue
		}
		total, violations = total+r.seeds(), violations+r.failed
		problems = append(problems, r.problems...)
		for _, c := range r.policies {
			for kind := range c.parts[faultsPart] {
				kinds[kind] = true
			}
		}
	}
	faults := slices.Sorted(maps.Keys(kinds))
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	heading := func(titles []string) {
		fmt.Fprintf(w, "\nform\tpolicy\tseeds\t%s\t\n", strings.Join(titles, "\t"))
	}
	rows := func(cell func(*counts) []int) {
		for i, r := range results {
			if r == nil {
				continue
			}
			for _, policy := range slices.Sorted(maps.Keys(r.policies)) {
				c := r.policies[policy]
				fmt.Fprintf(w, "%s\t%s\t%d", forms[i].name, policy, c.runs-1)
				for _, n := range cell(c) {
					fmt.Fprintf(w, "\t%d", n)
				}
				fmt.Fprintln(w, "\t")
			}
		}
	}
	var titles []string
	for _, e := range endings() {
		titles = append(titles, e.title)
	}
	heading(titles)
	rows(func(c *counts) (list []int) {
		for _, e := range endings() {
			list = append(list, c.parts[e.part][e.name])
		}
		return list
	})
	heading(faults)
	rows(func(c *counts) (list []int) {
		for _, kind := range faults {
			list = append(list, c.parts[faultsPart][kind])
		}
		return list
	})
	if err := w.Flush(); err != nil {
		return err
	}
	for i, r := range results {
		if r == nil || seeds < enough {
			continue
		}
		for _, kind := range faults {
			n := 0
			for _, c := range r.policies {
				n += c.parts[faultsPart][kind]
			}
			if n == 0 && !slices.Contains(forms[i].never, kind) {
				problems = append(problems, fmt.Sprintf("%s: the fault %s has struck in no run, expected some", forms[i].name, kind))
			}
		}
	}
	fmt.Fprintf(to, "\nsoak: %d seeds, %d violations\n", total, violations)
	if violations > 0 {
		problems = append(problems, fmt.Sprintf("got %d violations, expected none", violations))
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}
