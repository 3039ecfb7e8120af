package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printed returns what test2json writes of a test that prints lines.
func printed(t *testing.T, test, action string, lines ...string) string {
	t.Helper()
	var text strings.Builder
	write := func(event map[string]string) {
		line, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	for _, line := range lines {
		write(map[string]string{"Action": "output", "Test": test, "Output": line + "\n"})
	}
	write(map[string]string{"Action": action, "Test": test})
	return text.String()
}

// table is that of a sweep.
func table(t *testing.T, policy, action string, faults ...string) string {
	t.Helper()
	lines := []string{"=== NAME  TestSoak/value/" + policy, "    explore.go:222: ", "        runs                        501", "        invariants reached in runs    ",
		"          one in the body            501", "        faults that struck in runs    "}
	lines = append(lines, faults...)
	lines = append(lines, "        executions    ", "          SUCCEEDED                   900", "          FAILED MapJob.LostItems     7", "        states entered in runs    ",
		"          Skipped                     33", "        ")
	return printed(t, "TestSoak/value/"+policy, action, lines...)
}

func readOf(t *testing.T, text string) (r *result, reported []string) {
	t.Helper()
	r = newResult()
	if err := r.read(strings.NewReader(text), func(failure string) { reported = append(reported, failure) }); err != nil {
		t.Fatal(err)
	}
	return r, reported
}

func TestTablesOfSweepsAreRead(t *testing.T) {
	r, reported := readOf(t, printed(t, "TestSoak/value/Skip/seed=1", "pass", "=== RUN   TestSoak/value/Skip/seed=1", "--- PASS: TestSoak/value/Skip/seed=1 (0.00s)")+
		table(t, "Skip", "pass", "          crash                       40")+table(t, "Wait", "pass", "          slow                        2"))
	if r.seeds() != 1000 || r.violations() != 0 || reported != nil {
		t.Errorf("got %d seeds, %d violations and %q, expected 1000 seeds without", r.seeds(), r.violations(), reported)
	}
	expected := map[string]map[string]int{invariantsPart: {"one in the body": 501}, faultsPart: {"crash": 40},
		executionsPart: {"SUCCEEDED": 900, "FAILED MapJob.LostItems": 7}, statesPart: {"Skipped": 33}}
	if diff := cmp.Diff(expected, r.policies["Skip"].parts); diff != "" {
		t.Errorf("counts (-expected +got):\n%s", diff)
	}
	var out strings.Builder
	err := summarize(&out, []form{{"value", 2, []string{"slow"}}, {"inline", 2, nil}}, []*result{r, nil}, 1000)
	if err != nil {
		t.Errorf("got error %v, expected none", err)
	}
	for _, expected := range []string{
		"form  policy  seeds  succeeded  too many failures  lost items", "value    Skip    500        900                  0           7",
		"form  policy  seeds  crash  slow", "value    Wait    500      0     2", "\nsoak: 1000 seeds, 0 violations\n",
	} {
		if !strings.Contains(out.String(), expected) {
			t.Errorf("got\n%s\nexpected\n%s", out.String(), expected)
		}
	}
	if !strings.HasSuffix(out.String(), "soak: 1000 seeds, 0 violations\n") {
		t.Errorf("got\n%s\nexpected the number of violations at the end", out.String())
	}
	// A fault that never strikes is a problem, unless it can't.
	for never, expected := range map[string]string{"slow": "", "crash": "value: the fault slow has struck in no run, expected some"} {
		delete(r.policies["Wait"].parts[faultsPart], "slow")
		r.policies["Wait"].parts[faultsPart]["slow"] = 0
		got := ""
		if err := summarize(&out, []form{{"value", 2, []string{never}}}, []*result{r}, 1000); err != nil {
			got = err.Error()
		}
		if got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}

func TestFailuresOfSweepsAreReported(t *testing.T) {
	r, reported := readOf(t, printed(t, "TestSoak/value/Skip/seed=7", "fail", "=== RUN   TestSoak/value/Skip/seed=7", "    explore.go:300: one in the body: two", "        repeat: go test …", "--- FAIL: x")+
		table(t, "Skip", "fail")+printed(t, "TestSoak/value", "fail", "--- FAIL: TestSoak/value (1.00s)"))
	if r.violations() != 1 || len(reported) != 1 || !strings.HasPrefix(reported[0], "TestSoak/value/Skip/seed=7\nexplore.go:300: one in the body: two\n") {
		t.Errorf("got %d violations and %q, expected the seed", r.violations(), reported)
	}
	var out strings.Builder
	if err := summarize(&out, forms()[:1], []*result{r}, 1); err == nil || !strings.HasSuffix(out.String(), "soak: 500 seeds, 1 violations\n") {
		t.Errorf("got error %v and\n%s\nexpected a violation", err, out.String())
	}
	// An invariant that was never reached is a problem of the sweep.
	never := `    explore.go:180: invariant "done once" was never reached in 500 seeds`
	r, _ = readOf(t, table(t, "Skip", "fail")+printed(t, "TestSoak/value/Wait", "fail", never))
	if r.violations() != 1 || !strings.Contains(r.problems[0], "was never reached in 500 seeds") {
		t.Errorf("got %v, expected the invariant", r.problems)
	}
	// So is a process that ends by itself.
	r, _ = readOf(t, printed(t, "", "fail", "panic: deadlock: main bubble goroutine has exited", "goroutine 1 [running]:"))
	if r.violations() != 1 || !strings.Contains(r.problems[0], "deadlock") {
		t.Errorf("got %v, expected the panic", r.problems)
	}
	if err := newResult().read(strings.NewReader("not JSON\n"), nil); err == nil {
		t.Error("got no error, expected one for output that is not JSON")
	}
}

func TestTooFewSeedsAreRefused(t *testing.T) {
	const expected = "-seeds: got 19, expected at least 20: fewer do not reach every invariant"
	if err := (&soak{seeds: 19}).run(t.Context()); err == nil || err.Error() != expected {
		t.Errorf("got error %v, expected %s", err, expected)
	}
}
