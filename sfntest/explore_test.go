package sfntest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/sfntest"
)

const twoCharges = `{"StartAt": "All", "States": {"All": {"Type": "Map", "ItemsPath": "$.orders", "End": true, "ItemProcessor": {"StartAt": "Charge", "States": {
  "Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "ResultSelector": {"ok": true},
    "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]}}}}}}`

// chargeOnce charges each order, and hopes that it is charged once.
func chargeOnce() sfntest.Sweep {
	return sfntest.Sweep{
		Options: func(r *sfntest.Run) []sfntest.Option {
			charged := map[string]int{}
			r.Values["charged"] = charged
			return []sfntest.Option{sfntest.HandleFunc("charge", func(_ context.Context, o Order) (any, error) { charged[o.ID]++; return nil, nil })}
		},
		Do: func(r *sfntest.Run) { r.Start("", map[string][]Order{"orders": {{"a"}, {"b"}}}).RunToEnd() },
		Invariants: []sfntest.Invariant{
			sfntest.Finally("each order is charged once", func(r *sfntest.Run) (bool, error) {
				for _, id := range []string{"a", "b"} {
					if n := r.Values["charged"].(map[string]int)[id]; n > 1 {
						return true, fmt.Errorf("order %s: got %d charges, expected one", id, n)
					}
				}
				return true, nil
			}),
		},
	}
}

func explore(t *testing.T, sweep sfntest.Sweep) {
	t.Helper()
	sfntest.Explore(t, sfntest.Parse(t, []byte(twoCharges)), sweep)
}

func TestExploreRunsEachSeed(t *testing.T) {
	sweep := chargeOnce()
	sweep.Seeds = 30
	sweep.Faults = []string{"throttle", "error"} // after which nothing was charged
	explore(t, sweep)
}

// A sweep without faults differs in the order only.
func TestExploreWithoutFaults(t *testing.T) {
	sweep := chargeOnce()
	sweep.Seeds, sweep.Faults = 12, []string{}
	var mutex sync.Mutex
	orders := map[string]int{}
	sweep.Options = func(r *sfntest.Run) []sfntest.Option {
		var order []string
		r.Values["order"] = func() string { return strings.Join(order, "") }
		r.Values["charged"] = map[string]int{}
		return []sfntest.Option{sfntest.HandleFunc("charge", func(_ context.Context, o Order) (any, error) { order = append(order, o.ID); return nil, nil })}
	}
	sweep.Invariants = append(sweep.Invariants,
		sfntest.Always("no fault strikes", func(_ *sfntest.Run, e sfntest.Event) (bool, error) {
			if e.Fault != nil {
				return true, fmt.Errorf("got %s", e.Fault)
			}
			return true, nil
		}),
		sfntest.Finally("orders are counted", func(r *sfntest.Run) (bool, error) {
			mutex.Lock()
			defer mutex.Unlock()
			orders[r.Values["order"].(func() string)()]++
			return true, nil
		}))
	explore(t, sweep)
	if len(orders) != 2 || orders["ab"] == 0 || orders["ba"] == 0 {
		t.Errorf("got %v, expected both orders of the two charges", orders)
	}
}

// The default of Sweep.Do starts the only state machine.
func TestExploreStartsTheOnlyStateMachine(t *testing.T) {
	ended := func(r *sfntest.Run) (bool, error) {
		if n := len(r.Executions()); n != 1 || r.Executions()[0].Status() == "RUNNING" {
			return true, fmt.Errorf("got %d executions, expected one that has ended", n)
		}
		return true, nil
	}
	sfntest.Explore(t, sfntest.Parse(t, []byte(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}`)),
		sfntest.Sweep{Seeds: 4, Invariants: []sfntest.Invariant{sfntest.Finally("it ends", ended)}})
}

func nothing(*sfntest.Run) (bool, error) { return true, nil }

// failing are tests that fail: [TestSweepsThatFail] runs them in another process.
func failing() map[string]func(*testing.T) {
	with := func(change func(*sfntest.Sweep)) func(*testing.T) {
		return func(t *testing.T) {
			sweep := chargeOnce()
			change(&sweep)
			explore(t, sweep)
		}
	}
	var calls int // that runs share, which they must not
	return map[string]func(*testing.T){
		"fault": with(func(s *sfntest.Sweep) { s.Faults = []string{"crash"} }),
		"without faults": with(func(s *sfntest.Sweep) {
			s.Invariants = []sfntest.Invariant{sfntest.Always("no state is entered", func(_ *sfntest.Run, e sfntest.Event) (bool, error) {
				if e.State != "" {
					return true, fmt.Errorf("got state %s", e.State)
				}
				return false, nil
			})}
		}),
		"one seed": with(func(s *sfntest.Sweep) {
			s.Invariants = []sfntest.Invariant{sfntest.Finally("it is another seed", func(r *sfntest.Run) (bool, error) {
				if r.Seed == 333 {
					return true, errors.New("got that seed")
				}
				return true, nil
			})}
		}),
		"never reached": with(func(s *sfntest.Sweep) {
			s.Invariants = append(s.Invariants, sfntest.Finally("the moon is full", func(*sfntest.Run) (bool, error) { return false, nil }))
			s.Faults = []string{"throttle"}
			s.Seeds = 8
		}),
		"not the same": with(func(s *sfntest.Sweep) {
			s.Do = func(r *sfntest.Run) {
				if calls++; calls%2 == 0 {
					r.Advance(time.Hour)
				}
				r.Start("", map[string][]Order{"orders": make([]Order, calls)}).RunToEnd()
			}
			s.Invariants = []sfntest.Invariant{sfntest.Finally("nothing", nothing)}
			s.Seeds = 1
		}),
		"random answers": with(func(s *sfntest.Sweep) {
			s.Options = func(*sfntest.Run) []sfntest.Option {
				return []sfntest.Option{sfntest.HandleFunc("charge", func(context.Context, Order) (string, error) { return strings.Repeat("é", 200) + rand.Text(), nil })}
			}
			s.Invariants = []sfntest.Invariant{sfntest.Finally("nothing", nothing)}
			s.Seeds = 1
		}),
		"random failures": with(func(s *sfntest.Sweep) {
			var runs int // whose verdicts are not the same
			s.Do = func(r *sfntest.Run) { runs++; r.Values["run"] = runs }
			s.Invariants = []sfntest.Invariant{sfntest.Finally("the run is even", func(r *sfntest.Run) (bool, error) {
				if r.Values["run"].(int)%2 == 1 {
					return true, errors.New("got an odd one")
				}
				return true, nil
			})}
			s.Seeds = 1
		}),
		"a run in a handler": func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w *sfntest.World
				w = sfntest.New(t, sfntest.Parse(t, []byte(twoCharges)), sfntest.HandleFunc("charge", func(context.Context, Order) (any, error) { w.Advance(time.Second); return nil, nil }))
				w.Start("", map[string][]Order{"orders": {{"a"}}}).RunToEnd()
			})
		},
		"a misspelt handler": with(func(s *sfntest.Sweep) {
			s.Options = func(*sfntest.Run) []sfntest.Option { return []sfntest.Option{sfntest.HandleFunc("chrge", charge)} }
		}),
		"a panic": with(func(s *sfntest.Sweep) {
			s.Do = func(r *sfntest.Run) {
				x := r.Start("", map[string][]Order{"orders": make([]Order, 1)})
				r.Advance(time.Hour)
				answerFirst(x.Waits())
			}
		}),
		"a panic of an invariant": with(func(s *sfntest.Sweep) {
			s.Invariants = []sfntest.Invariant{sfntest.Always("an order is charged", func(r *sfntest.Run, _ sfntest.Event) (bool, error) {
				return r.Values["charged"].(map[string]int)["o"] > 0, nil
			})}
			s.Options = func(*sfntest.Run) []sfntest.Option { return []sfntest.Option{sfntest.HandleFunc("charge", charge)} }
		}),
		"t.Fatal": sweepOf(func(t *testing.T, r *sfntest.Run) {
			if x := r.Start("", map[string][]Order{"orders": {{"o"}}}); r.Seed == 3 {
				x.RunToEnd()
				t.Fatal("seen")
			}
		}),
		"t.Error": sweepOf(func(t *testing.T, r *sfntest.Run) {
			if r.Start("", map[string][]Order{"orders": {{"o"}}}).RunToEnd(); r.Seed == 2 {
				t.Error("seen")
			}
		}),
		"Fatalf": sweepOf(func(_ *testing.T, r *sfntest.Run) {
			if x := r.Start("", map[string][]Order{"orders": {{"o"}}}); r.Seed == 2 {
				x.RunToEnd()
				r.Fatalf("got %d runs", r.Seed)
			}
		}),
		"Fatalf in Options": with(func(s *sfntest.Sweep) {
			s.Options = func(r *sfntest.Run) []sfntest.Option { r.Fatalf("no options"); return nil }
		}),
		"Fatalf in a handler": with(func(s *sfntest.Sweep) {
			s.Options = func(r *sfntest.Run) []sfntest.Option {
				return []sfntest.Option{sfntest.HandleFunc("charge", func(context.Context, Order) (any, error) { r.Fatalf("no money"); return nil, nil })}
			}
		}),
		"no function":      with(func(s *sfntest.Sweep) { s.Invariants = []sfntest.Invariant{sfntest.Finally("nothing", nil)} }),
		"a fault nowhere":  with(func(s *sfntest.Sweep) { s.Faults = []string{"throttle", "redriven"}; s.Seeds = 4 }),
		"nothing to check": with(func(s *sfntest.Sweep) { s.Invariants = nil }),
		"unknown faults":   with(func(s *sfntest.Sweep) { s.Faults = []string{"flood"} }),
		"a handler that stays": with(func(s *sfntest.Sweep) {
			s.Invariants = []sfntest.Invariant{sfntest.Finally("nothing", nothing)}
			s.Options = func(*sfntest.Run) []sfntest.Option {
				return []sfntest.Option{sfntest.HandleFunc("charge", func(context.Context, Order) (any, error) { time.Sleep(24 * time.Hour); return nil, nil })}
			}
		}),
		"outside of a bubble": func(t *testing.T) { sfntest.New(t, sfntest.Parse(t, []byte(twoCharges))) },
		"no stack":            func(t *testing.T) { sfntest.Parse(t, []byte(`{"Resources": {}}`)) },
		"no file":             func(t *testing.T) { sfntest.Open(t, "cdk.out:Shop") },
		"no faults":           func(t *testing.T) { sfntest.ReadFaults(t, "faults.yaml") },
		"no end": func(t *testing.T) {
			sfntest.Explore(t, sfntest.Parse(t, []byte(refund)), sfntest.Sweep{
				Options:    func(*sfntest.Run) []sfntest.Option { return []sfntest.Option{sfntest.HandleFunc("charge", charge)} },
				Invariants: []sfntest.Invariant{sfntest.Finally("nothing", nothing)},
			})
		},
	}
}

// sweepOf returns a sweep that does something, and that has no faults.
func sweepOf(do func(t *testing.T, r *sfntest.Run)) func(*testing.T) {
	return func(t *testing.T) {
		sfntest.Explore(t, sfntest.Parse(t, []byte(twoCharges)), sfntest.Sweep{
			Seeds: 6, Faults: []string{},
			Options:    func(*sfntest.Run) []sfntest.Option { return []sfntest.Option{sfntest.HandleFunc("charge", charge)} },
			Do:         func(r *sfntest.Run) { do(t, r) },
			Invariants: []sfntest.Invariant{sfntest.Finally("nothing", nothing)},
		})
	}
}

// answerFirst answers a token that is not there.
func answerFirst(waits []*sfntest.Wait) { waits[0].Succeed(true) }

const failingVariable = "SFNTEST_FAILING"

// TestFailing runs a sweep that fails, if failingVariable is set.
func TestFailing(t *testing.T) {
	if run, ok := failing()[os.Getenv(failingVariable)]; ok {
		run(t)
	}
}

var elapsed = regexp.MustCompile(`\([\d.]+s\)|\t[\d.]+s|explore\w*\.go:\d+: `)

// output runs a test that fails in another process, and returns what it prints.
func output(t *testing.T, name string, flags ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestFailing$"}, flags...)...)
	command.Env = append(os.Environ(), failingVariable+"="+name, "GOMAXPROCS=1")
	text, err := command.CombinedOutput()
	if err == nil {
		t.Errorf("%s: got a test that passes, expected one that fails:\n%s", name, text)
	}
	return elapsed.ReplaceAllString(string(text), "")
}

func TestSweepsThatFail(t *testing.T) {
	t.Parallel()
	for name, expected := range map[string][]string{
		"fault": {"--- FAIL: TestFailing/seed=", "each order is charged once: order ",
			`1 is needed: [{"fault":"crash",`, " repeat: go test ./sfntest -run '^TestFailing$' -sfntest.seed=", ` -sfntest.faults='[{"fault":"crash",`, "FAULT crash after the work", "as in a seed before, with faults of the same kinds: crash after"},
		"without faults":          {"--- FAIL: TestFailing/seed=0 ", "no state is entered: got state All", "without faults repeat: go test ./sfntest -run", "-sfntest.seed=0 -sfntest.faults='[]'"},
		"a panic":                 {"the test: panic: runtime error: index out of range [0] with length 0 at explore_test.go:", ", explore_test.go:", "-sfntest.seed=0 -sfntest.faults='[]'"},
		"a panic of an invariant": {"an order is charged: panic: interface conversion: interface {} is nil, not map[string]int at explore_test.go:", "-sfntest.seed=0"},
		"never reached":           {`invariant "the moon is full" was never reached in 8 seeds: see with -v what was`, "invariants reached in runs", "each order is charged once 9"},
		"not the same":            {"two runs differ at event ", "a handler or an invariant depends on the order of its goroutines or of a map, on random numbers or on what runs share"},
		"random answers":          {"--- FAIL: TestFailing/seed=0 ", "two runs differ at event ", "got …", "a handler or an invariant depends on the order of its goroutines or of a map, on random numbers or on what runs share"},
		"random failures":         {"the run is even: got an odd one two runs differ at what does not hold: got the run is even: got an odd one, and in another run nothing: a handler or an invariant depends"},
		"a misspelt handler":      {`deployment: function "chrge": got a handler, expected the name of one of the stack's functions: charge`},
		"nothing to check":        {"sfntest.Explore: invariants: got none, expected at least one"},
		"unknown faults":          {`sfntest.Explore: faults: got "flood", expected one of error, throttle`},
		"a handler that stays":    {"function charge: still runs after its context has ended, expected it to return"},
		"outside of a bubble":     {"sfntest.New: got a test outside of a bubble, expected synctest.Test(t, func(t *testing.T) { w := sfntest.New(t, …) … })"},
		"no stack":                {"sfntest.Parse: got a template without resources, expected at least one"},
		"no file":                 {"sfntest.Open: stat cdk.out: no such file or directory, expected a file, or the folder of a cloud assembly such as cdk.out"},
		"no faults":               {"sfntest.ReadFaults: open faults.yaml: no such file or directory"},
		"t.Fatal":                 {"seen --- FAIL: TestFailing/seed=3", "the test: its goroutine has ended, as by t.Fatal, expected r.Fatalf or an invariant repeat: go test ./sfntest -run '^TestFailing$' -sfntest.seed=3 -sfntest.faults='[]' 0s execution-1 started with"},
		"t.Error":                 {"seen", "--- FAIL: TestFailing/seed=2", "the test has failed by itself in this seed, or in one at the same time, expected r.Fatalf or an invariant repeat: go test ./sfntest -run '^TestFailing$' -sfntest.seed=2 "},
		"Fatalf":                  {"--- FAIL: TestFailing/seed=2", "the test: got 2 runs without faults repeat: go test ./sfntest -run '^TestFailing$' -sfntest.seed=2 -sfntest.faults='[]' 0s execution-1 started with"},
		"Fatalf in Options":       {"--- FAIL: TestFailing/seed=0", "the test: no options without faults repeat: go test"},
		"Fatalf in a handler":     {"--- FAIL: TestFailing/seed=0", "the test: no money without faults repeat: go test"},
		"no function":             {`sfntest.Explore: invariant "nothing": got no function, expected one`},
		"a fault nowhere":         {`faults: got "redriven", which can strike nowhere in these runs, expected kinds that can, or none for all of them`},
		"no end":                  {"the test: RunToEnd: execution-1 waits without an end: state Approve waits for a token"},
	} {
		got := output(t, name)
		for _, part := range expected {
			if !strings.Contains(strings.Join(strings.Fields(got), " "), part) { // whatever the indentation
				t.Errorf("%s: got\n%s\nexpected\n%s", name, got, part)
			}
		}
	}
}

// What a sweep prints is enough to repeat the run.
func TestAFailureIsRepeatedByItsCommand(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile(`-sfntest.seed=(\d+) -sfntest.faults='(.*)'\n`)
	found := output(t, "fault")
	flags := command.FindStringSubmatch(found)
	if flags == nil {
		t.Fatalf("got\n%s\nexpected a command", found)
	}
	again := output(t, "fault", "-sfntest.seed="+flags[1], "-sfntest.faults="+flags[2])
	section := func(text string) string {
		_, text, _ = strings.Cut(text, "repeat: ")
		text, _, _ = strings.Cut(text, "--- FAIL")
		text, _, _ = strings.Cut(text, "FAIL\n")
		return strings.TrimSpace(text)
	}
	if diff := cmp.Diff(section(found), section(again)); diff != "" || section(found) == "" {
		t.Errorf("the run and its repetition differ (-run +repetition):\n%s", diff)
	}
	// A seed alone chooses the same faults as in the sweep.
	alone := output(t, "fault", "-sfntest.seed="+flags[1])
	if diff := cmp.Diff(section(found), section(alone)); diff != "" {
		t.Errorf("the run and the seed alone differ (-run +alone):\n%s", diff)
	}
}

func TestFlagsThatAreWrong(t *testing.T) {
	t.Parallel()
	for flags, expected := range map[string]string{
		"-sfntest.seeds=-1":                       `-sfntest.seeds: got "-1", expected a whole number from 1`,
		"-sfntest.seeds=0":                        `-sfntest.seeds: got "0", expected a whole number from 1`,
		"-sfntest.seed=12x":                       `-sfntest.seed: got "12x", expected a whole number`,
		"-sfntest.seed=x":                         `-sfntest.seed: got "x", expected a whole number`,
		"-sfntest.faults=[]":                      "-sfntest.faults: got it without -sfntest.seed, expected both",
		"-sfntest.seed=1 -sfntest.faults=no.yaml": "-sfntest.faults: open no.yaml: no such file or directory",
		`-sfntest.seed=1 -sfntest.faults=[{"fault":"flood"}]`: `-sfntest.faults: line 1: `,
	} {
		if got := output(t, "fault", strings.Fields(flags)...); !strings.Contains(got, expected) {
			t.Errorf("%s: got\n%s\nexpected %s", flags, got, expected)
		}
	}
	for _, flags := range []string{"-test.run=^TestFailing$/^seed=333$ -sfntest.seeds=400 -test.v", "-sfntest.seed=333 -test.v"} {
		got := output(t, "one seed", strings.Fields(flags)...)
		if strings.Count(got, "=== RUN   TestFailing/") != 1 || !strings.Contains(got, "-sfntest.seed=333 -sfntest.faults=") {
			t.Errorf("%s: got\n%s\nexpected only that seed", flags, got)
		}
	}
	if got := output(t, "never reached", "-sfntest.seeds=3"); !strings.Contains(got, "was never reached in 3 seeds") {
		t.Errorf("got\n%s\nexpected three seeds", got)
	}
}
