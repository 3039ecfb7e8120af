package fault_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/fault"
)

// visited returns the sites of a small run, in an order of its own.
func visited(backwards bool) []fault.Site {
	var sites []fault.Site
	for attempt := range 2 {
		for item := range 8 {
			sites = append(sites, worker(attempt, item))
		}
	}
	for n := 1; n <= 3; n++ {
		sites = append(sites, request("s3:PutObject"), write(n))
	}
	for _, state := range []string{"TakeLock", "Map", "Summary"} {
		sites = append(sites, fault.Site{Moment: fault.Entry, Machine: "Nightly", State: state})
	}
	sites = append(sites, fault.Site{Moment: fault.Task, Machine: "Nightly", State: "TakeLock", Call: "dynamodb:putItem", Errors: []string{"DynamoDB.InternalServerError"}},
		fault.Site{Moment: fault.Results, Machine: "Nightly", State: "Map"})
	for n := range 30 {
		sites = append(sites, fault.Site{Moment: fault.Event, Machine: "Nightly", Event: n + 1})
	}
	if backwards {
		slices.Reverse(sites)
	}
	return sites
}

func recorded(backwards bool) *fault.Sites {
	var s fault.Sites
	for _, site := range visited(backwards) {
		s.Record(site)
	}
	return &s
}

// Each fault that is drawn is valid, and strikes in a run that comes to the same
// sites with retries. All kinds are drawn.
func TestFaultsThatAreDrawnStrike(t *testing.T) {
	s := recorded(false)
	kinds, numbers, errorsAt := map[string]int{}, map[int]int{}, map[string][]string{}
	for seed := range uint64(1000) {
		faults := s.Draw(seed, nil, 3)
		numbers[len(faults)]++
		for _, f := range faults {
			kinds[f.Fault]++
			if f.Fault == fault.Error {
				errorsAt[f.State] = append(errorsAt[f.State], f.Error)
			}
			if err := f.Check(); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, f, err)
			}
			plan := &fault.Plan{Faults: []fault.Fault{f}}
			injector := plan.Begin()
			for range 8 { // an item may be the third that comes there
				for _, site := range visited(false) {
					injector.At(site)
				}
			}
			if len(injector.Unreached()) > 0 {
				t.Fatalf("seed %d: got %+v, which strikes nowhere", seed, f)
			}
		}
	}
	for _, kind := range fault.Kinds() {
		if kinds[kind] < 60 {
			t.Errorf("got %d faults of the kind %s, expected more", kinds[kind], kind)
		}
	}
	if len(numbers) != 3 || numbers[1] < 250 || numbers[2] < 250 || numbers[3] < 250 {
		t.Errorf("got these numbers of faults: %v, expected one, two and three alike", numbers)
	}
	// Errors are those of the service.
	for state, expected := range map[string][]string{"TakeLock": {"", "DynamoDB.InternalServerError", "States.TaskFailed"}, worker(0, 0).State: {"", "States.TaskFailed"}} {
		slices.Sort(errorsAt[state])
		if got := slices.Compact(errorsAt[state]); !slices.Equal(got, expected) {
			t.Errorf("state %s: got the errors %q, expected %q", state, got, expected)
		}
	}
}

func TestADrawDependsOnTheSeedAndTheSitesAlone(t *testing.T) {
	first, again := recorded(false), recorded(true)
	distinct := map[string]bool{}
	for seed := range uint64(200) {
		faults := first.Draw(seed, nil, 3)
		if !reflect.DeepEqual(faults, again.Draw(seed, nil, 3)) {
			t.Fatalf("seed %d: got other faults from the same sites in another order", seed)
		}
		distinct[fmt.Sprintf("%+v", faults)] = true
	}
	if len(distinct) < 190 {
		t.Errorf("got %d plans of 200 seeds, expected nearly as many", len(distinct))
	}
	// A run comes to a place as often as before, also if there are two of them.
	var both fault.Sites
	both.Add(first)
	both.Add(again)
	for seed := range uint64(50) {
		if !reflect.DeepEqual(both.Draw(seed, nil, 3), first.Draw(seed, nil, 3)) {
			t.Fatalf("seed %d: got other faults from the sites of two runs that are alike", seed)
		}
	}
}

func TestOnlyTheKindsThatAreGivenAreDrawn(t *testing.T) {
	s := recorded(false)
	s.Longest = 3 * time.Second
	for seed := range uint64(300) {
		for _, f := range s.Draw(seed, []string{"slow", "stop"}, 5) {
			if f.Fault != "slow" && f.Fault != "stop" || f.Delay > s.Longest || f.After > s.Longest {
				t.Fatalf("seed %d: got %s, expected a stop or a delay of at most 3s", seed, f)
			}
		}
	}
	var none fault.Sites
	if got := none.Draw(1, nil, 3); got != nil {
		t.Errorf("got %v without sites, expected none", got)
	}
	none.Record(fault.Site{Moment: fault.Task, State: "TakeLock", Call: "dynamodb:putItem"})
	if got := none.Draw(1, []string{"crash"}, 3); got != nil {
		t.Errorf("got %v, expected no crash of a task without a function", got)
	}
}

// The time of an execution that may take a year is not up by chance.
func TestOnlyExecutionsWithATimeoutExpire(t *testing.T) {
	var s fault.Sites
	for n := range 9 {
		s.Record(fault.Site{Moment: fault.Entry, Machine: "Yearly", State: fmt.Sprint("State", n), Untimed: true})
		s.Record(fault.Site{Moment: fault.Event, Machine: "Yearly", Event: n + 1, Untimed: true})
	}
	s.Record(fault.Site{Moment: fault.Entry, Machine: "Nightly", State: "Map"})
	drawn := map[string]int{}
	for seed := range uint64(200) {
		for _, f := range s.Draw(seed, nil, 3) {
			drawn[f.Fault+" "+f.Machine]++
		}
		for _, f := range s.Draw(seed, []string{"expire"}, 1) {
			drawn["given "+f.Machine]++
		}
	}
	if drawn["expire Yearly"] > 0 || drawn["expire Nightly"] == 0 || drawn["stop Yearly"] == 0 || drawn["given Yearly"] == 0 {
		t.Errorf("got these faults by their machines: %v, expected Yearly to expire only if that is asked for", drawn)
	}
	if !s.CanStrike("expire") || s.CanStrike("crash") || s.CanStrike("bang") {
		t.Error("got other kinds than expire and stop that can strike")
	}
}

func TestSitesAreRecordedFromManyGoroutines(t *testing.T) {
	var s fault.Sites
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 100 {
				s.Record(worker(0, n, i))
			}
		})
	}
	all.Wait()
	if got := s.Draw(1, []string{"crash"}, 1); len(got) != 1 {
		t.Errorf("got %v, expected a crash", got)
	}
}

func TestShrinkFindsTheFaultsThatMatter(t *testing.T) {
	crash := fault.Fault{Fault: "crash", Function: "Charge"}
	slow := fault.Fault{Fault: "slow", State: "Ship", Delay: 16 * time.Minute}
	often := fault.Fault{Fault: "error", State: "Pay", Times: -1}
	noise := func(n int) fault.Fault { return fault.Fault{Fault: "lost", Invocation: n} }
	has := func(faults []fault.Fault, of fault.Fault) bool {
		return slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Fault == of.Fault })
	}
	for name, test := range map[string]struct {
		faults   []fault.Fault
		fails    func([]fault.Fault) bool
		expected string
	}{
		"one of three":               {[]fault.Fault{noise(1), crash, noise(2)}, func(f []fault.Fault) bool { return has(f, crash) }, "[crash before the work (function Charge)]"},
		"two of four":                {[]fault.Fault{noise(1), crash, noise(2), slow}, func(f []fault.Fault) bool { return has(f, crash) && has(f, slow) }, "[crash before the work (function Charge) slow by 1s (state Ship)]"},
		"none":                       {[]fault.Fault{noise(1), crash}, func([]fault.Fault) bool { return true }, "[]"},
		"all":                        {[]fault.Fault{noise(1), crash}, func(f []fault.Fault) bool { return len(f) == 2 }, "[lost (invocation 1) crash before the work (function Charge)]"},
		"a delay":                    {[]fault.Fault{slow}, func(f []fault.Fault) bool { return len(f) == 1 && f[0].Delay >= 3*time.Minute }, "[slow by 4m (state Ship)]"},
		"how often":                  {[]fault.Fault{often}, func(f []fault.Fault) bool { return len(f) == 1 && (f[0].Times >= 2 || f[0].Times == -1) }, "[error 2 times (state Pay)]"},
		"a failure that was not one": {[]fault.Fault{crash}, func(f []fault.Fault) bool { return false }, "[crash before the work (function Charge)]"},
	} {
		runs := 0
		got := fault.Shrink(slices.Clone(test.faults), func(f []fault.Fault) bool {
			runs++
			return test.fails(f)
		})
		if fmt.Sprint(got) != test.expected || runs > 60 {
			t.Errorf("%s: got %v after %d runs, expected %s", name, got, runs, test.expected)
		}
		if name == "how often" && got[0].Times != 2 {
			t.Errorf("got %d times, expected 2", got[0].Times)
		}
	}
	many := make([]fault.Fault, 100)
	runs := 0
	fault.Shrink(many, func(f []fault.Fault) bool { runs++; return len(f) == 100 })
	if runs != 60 {
		t.Errorf("got %d runs for a hundred faults, expected no more than 60", runs)
	}
}

func TestNamesOfAPlanAreThere(t *testing.T) {
	names := fault.Names{
		Machines:  []fault.Name{{Path: "Shop/Nightly", ID: "ShopNightly0123"}},
		States:    []fault.Name{{Path: "TakeLock"}, {Path: "Locked/Map/Worker"}},
		Functions: []fault.Name{{Path: "Shop/Worker", ID: "ShopWorker4567"}, {Path: "Shop/Summary"}},
	}
	plan, err := fault.Read([]byte("faults:\n  - {fault: crash, function: ShopWorker4567, state: Map/Worker, machine: ShopNightly0123}\n  - {fault: lost, function: Worker, machine: Nightly}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Resolve(names); err != nil {
		t.Fatal(err)
	}
	if f := plan.Faults[0]; f.Function != "Shop/Worker" || f.Machine != "Shop/Nightly" || f.State != "Map/Worker" {
		t.Errorf("got %s, expected paths in place of IDs", f)
	}
	plan, err = fault.Read([]byte("faults:\n  - fault: lost\n    function: Wroker\n  - {fault: lost, state: Map}\nshare:\n  - {fault: lost, machine: Daily, of: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	const expected = `line 2: function: got the function "Wroker", expected one of Shop/Summary, Shop/Worker
line 4: state: got the state "Map", expected one of Locked/Map/Worker, TakeLock
line 6: machine: got the state machine "Daily", expected Shop/Nightly`
	if err := plan.Resolve(names); err == nil || err.Error() != expected {
		t.Errorf("got %v, expected %s", err, expected)
	}
	made := &fault.Plan{Faults: []fault.Fault{{Fault: "crash"}, {Fault: "crash", Function: "Worker"}}}
	if err := made.Resolve(fault.Names{}); err == nil || err.Error() != `fault 2: function: got the function "Worker", expected none: there is no function` {
		t.Errorf("got %v, expected the fault by its number", err)
	}
}

func TestFaultsThatCantBeDoneAreRefused(t *testing.T) {
	plan, err := fault.Read([]byte("faults:\n  - {fault: crash}\n  - fault: expire\n    after: 1h\nshare:\n  - {fault: expire, of: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = plan.Refuse(func(f *fault.Fault) string {
		if f.Fault == "expire" {
			return "time is real"
		}
		return ""
	})
	const expected = "line 3: got expire after 1h, which can't be done here: time is real\nline 6: got expire, which can't be done here: time is real"
	if err == nil || err.Error() != expected {
		t.Errorf("got %v, expected %s", err, expected)
	}
}

func TestFaultsInWords(t *testing.T) {
	for expected, f := range map[string]fault.Fault{
		"crash after write 3 (function Worker, item 7, attempt 0)": {Fault: "crash", When: "write 3", Function: "Worker", Items: []int{7}, Attempt: new(int)},
		"crash after the work (state Charge)":                      {Fault: "crash", When: "after", State: "Charge"},
		"error Busy (machine Nightly, state JobStart)":             {Fault: "error", Machine: "Nightly", State: "JobStart", Error: "Busy"},
		"slow by 1m30s (state TakeLock, call dynamodb:PutItem)":    {Fault: "slow", Call: "dynamodb:PutItem", State: "TakeLock", Delay: 90 * time.Second},
		"stop after 1h (state Map)":                                {Fault: "stop", State: "Map", After: time.Hour},
		"expire at event 12":                                       {Fault: "expire", When: "event 12"},
		"large answer of 262145 bytes (items 3, 7)":                {Fault: "large", Items: []int{3, 7}},
		"answer [] (invocation 2)":                                 {Fault: "answer", Answer: json.RawMessage("[]"), Invocation: 2},
		"duplicate":                                                {Fault: "duplicate", When: "later"},
		"throttle 3 times (state Charge)":                          {Fault: "throttle", State: "Charge", Times: 3},
		"lost each time":                                           {Fault: "lost", Times: -1},
	} {
		if got := f.String(); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}
