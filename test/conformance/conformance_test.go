// Package conformance runs state machines whose answers were recorded from AWS
// Step Functions, and compares what this engine answers.
//
// The recordings are not part of the project. MAPJOB_CONFORMANCE names their
// folder, whose README describes the format.
package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/value"
)

// module is one file of recordings.
type module struct {
	name  string
	cases []*recorded
}

func TestRecordedAnswers(t *testing.T) {
	folder := os.Getenv("MAPJOB_CONFORMANCE")
	if folder == "" {
		t.Skip("MAPJOB_CONFORMANCE: got no value, expected the folder of the recordings")
	}
	modules, err := load(filepath.Join(folder, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	matched, cases, leftOut := map[string]bool{}, 0, 0
	good := 0
	for _, m := range modules {
		for _, c := range m.cases {
			if reason := c.cannot(); reason != "" {
				leftOut++
				continue
			}
			cases++
			problem := c.check()
			if problem == "" {
				good++
			} else if want := os.Getenv("MAPJOB_CONFORMANCE_VERBOSE"); want != "" {
				fmt.Printf("%s\n\t%s\n", c.id, strings.ReplaceAll(problem, "\n", "\n\t"))
			}
			before, seen := matched[c.test]
			matched[c.test] = problem == "" && (before || !seen)
			if problem != "" && c.differs() == "" {
				t.Errorf("%s: %s", c.id, problem)
			}
		}
	}
	tests := 0
	for _, ok := range matched {
		if ok {
			tests++
		}
	}
	if len(matched) == 0 {
		t.Fatalf("got no cases in %s, expected some", folder)
	}
	closing = fmt.Sprintf("left out: %d cases (another account, an activity worker or Secrets Manager)\n", leftOut) +
		fmt.Sprintf("recorded answers: %d of %d tests (%d of %d cases)\n", tests, len(matched), good, cases)
}

// closing is printed after the tests, so that it is the last output.
var closing string

func TestMain(m *testing.M) {
	code := m.Run()
	fmt.Print(closing)
	os.Exit(code)
}

func load(folder string) ([]module, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var modules []module
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		v, err := value.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m := module{name: filepath.Base(name)}
		for _, c := range list(v, "cases") {
			m.cases = append(m.cases, newRecorded(c))
		}
		modules = append(modules, m)
	}
	return modules, nil
}

func get(v any, names ...string) any {
	for _, name := range names {
		object, ok := v.(*value.Object)
		if !ok {
			return nil
		}
		v, _ = object.Get(name)
	}
	return v
}

func text(v any, names ...string) string {
	s, _ := get(v, names...).(string)
	return s
}

func list(v any, names ...string) []any {
	l, _ := get(v, names...).([]any)
	return l
}
