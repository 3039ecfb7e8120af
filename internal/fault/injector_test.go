package fault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/value"
)

// worker is a task of the worker, with an attempt and items.
func worker(attempt int, items ...int) fault.Site {
	return fault.Site{Moment: fault.Task, Machine: "Shop/Nightly", State: "Locked/Map/Worker", Function: "Shop/Worker", Call: "lambda:Invoke", Attempt: attempt, Items: items}
}

func request(call string) fault.Site {
	s := worker(0, 7)
	s.Moment, s.Call = fault.Request, call
	return s
}

func write(n int) fault.Site {
	s := worker(0, 7)
	s.Moment, s.Call, s.Write = fault.Write, "s3:PutObject", n
	return s
}

func TestAllThatIsGivenOfAPlaceMustMatch(t *testing.T) {
	lock := fault.Site{Moment: fault.Task, Machine: "Nightly", State: "TakeLock", Call: "dynamodb:putItem"}
	entry := fault.Site{Moment: fault.Entry, Machine: "Nightly", State: "Map"}
	for name, test := range map[string]struct {
		fault   fault.Fault
		site    fault.Site
		strikes bool
	}{
		"anywhere":                          {fault.Fault{Fault: "error"}, worker(0), true},
		"a machine by its name":             {fault.Fault{Fault: "error", Machine: "Nightly"}, worker(0), true},
		"a machine by its path":             {fault.Fault{Fault: "error", Machine: "Shop/Nightly"}, lock, true},
		"another machine":                   {fault.Fault{Fault: "error", Machine: "Daily"}, worker(0), false},
		"a part of a name":                  {fault.Fault{Fault: "error", Machine: "ightly"}, worker(0), false},
		"a state by its name":               {fault.Fault{Fault: "error", State: "Worker"}, worker(0), true},
		"a state by the end of its path":    {fault.Fault{Fault: "error", State: "Map/Worker"}, worker(0), true},
		"another state":                     {fault.Fault{Fault: "error", State: "Map"}, worker(0), false},
		"a function":                        {fault.Fault{Fault: "error", Function: "Worker"}, worker(0), true},
		"a function of a task without one":  {fault.Fault{Fault: "error", Function: "Worker"}, lock, false},
		"a call of a task":                  {fault.Fault{Fault: "error", Call: "dynamodb:putItem"}, lock, true},
		"another call of a task":            {fault.Fault{Fault: "error", Call: "dynamodb:getItem"}, lock, false},
		"a call of a function":              {fault.Fault{Fault: "error", Call: "s3:PutObject"}, request("s3:PutObject"), true},
		"any call of a service":             {fault.Fault{Fault: "error", Call: "s3:*"}, request("s3:PutObject"), true},
		"calls with a prefix":               {fault.Fault{Fault: "error", Call: "s3:Put*"}, request("s3:GetObject"), false},
		"a call, in a state":                {fault.Fault{Fault: "lost", Call: "s3:*", State: "Worker"}, request("s3:PutObject"), true},
		"a task, not its calls":             {fault.Fault{Fault: "error", Function: "Worker"}, request("s3:PutObject"), false},
		"an item of a batch":                {fault.Fault{Fault: "error", Items: []int{7}}, worker(0, 6, 7, 8), true},
		"one of several items":              {fault.Fault{Fault: "error", Items: []int{1, 8}}, worker(0, 6, 7, 8), true},
		"an item of another batch":          {fault.Fault{Fault: "error", Items: []int{9}}, worker(0, 6, 7, 8), false},
		"an item of a task without":         {fault.Fault{Fault: "error", Items: []int{0}}, lock, false},
		"an attempt":                        {fault.Fault{Fault: "error", Attempt: new(int)}, worker(0), true},
		"another attempt":                   {fault.Fault{Fault: "error", Attempt: new(int)}, worker(1), false},
		"a crash of a function":             {fault.Fault{Fault: "crash"}, worker(0), true},
		"a crash of a task without one":     {fault.Fault{Fault: "crash"}, lock, false},
		"a crash at a write":                {fault.Fault{Fault: "crash", When: "write 2"}, write(2), true},
		"a crash at another write":          {fault.Fault{Fault: "crash", When: "write 2"}, write(1), false},
		"a crash at a write, not the task":  {fault.Fault{Fault: "crash", When: "write 2"}, worker(0), false},
		"a crash before, not at a write":    {fault.Fault{Fault: "crash", When: "before"}, write(1), false},
		"a stop in a state":                 {fault.Fault{Fault: "stop", State: "Map"}, entry, true},
		"a stop at the first state":         {fault.Fault{Fault: "stop"}, entry, true},
		"a stop at an event, not a state":   {fault.Fault{Fault: "stop", When: "event 3"}, entry, false},
		"a stop at an event":                {fault.Fault{Fault: "stop", When: "event 3"}, fault.Site{Moment: fault.Event, Event: 3}, true},
		"a stop at another event":           {fault.Fault{Fault: "stop", When: "event 3"}, fault.Site{Moment: fault.Event, Event: 4}, false},
		"an error, not at a state's entry":  {fault.Fault{Fault: "error", State: "Map"}, entry, false},
		"results of a Map Run":              {fault.Fault{Fault: "redriven"}, fault.Site{Moment: fault.Results, State: "Map"}, true},
		"results of a Map Run, not a task":  {fault.Fault{Fault: "redriven"}, worker(0), false},
		"a timeout of a task":               {fault.Fault{Fault: "timeout"}, lock, true},
		"a duplicate of a task without one": {fault.Fault{Fault: "duplicate"}, lock, false},
		"no such fault":                     {fault.Fault{Fault: "flood"}, worker(0), false},
	} {
		plan := &fault.Plan{Faults: []fault.Fault{test.fault}}
		strike, strikes := plan.Begin().At(test.site)
		if strikes != test.strikes || strikes && (strike.Number != 1 || strike.Fault.Fault != test.fault.Fault || strike.Site.State != test.site.State) {
			t.Errorf("%s: got %v %v, expected %v", name, strikes, strike, test.strikes)
		}
		if strikes && !plan.Strikes(test.site.Moment) {
			t.Errorf("%s: got a plan that strikes at no %s, expected that it does", name, test.site.Moment)
		}
	}
}

// struck returns at which of n equal sites the first fault of a plan strikes.
func struck(i *fault.Injector, n int) string {
	var text strings.Builder
	for range n {
		if s, ok := i.At(worker(0)); ok {
			fmt.Fprint(&text, s.Number)
		} else {
			text.WriteString(".")
		}
	}
	return text.String()
}

func TestHowOftenFaultsStrike(t *testing.T) {
	for expected, faults := range map[string][]fault.Fault{
		"1.....": {{Fault: "error"}},
		"111...": {{Fault: "error", Times: 3}},
		"111111": {{Fault: "error", Times: -1}},
		"...1..": {{Fault: "error", Invocation: 4}},
		".11...": {{Fault: "error", Invocation: 2, Times: 2}},
		"..1111": {{Fault: "error", Invocation: 3, Times: -1}},
		"12....": {{Fault: "error"}, {Fault: "crash"}},
		"12.3..": {{Fault: "error"}, {Fault: "crash"}, {Fault: "lost", Invocation: 4}},
		"......": {},
	} {
		plan := &fault.Plan{Faults: faults}
		for range 2 { // each run begins anew
			if got := struck(plan.Begin(), 6); got != expected {
				t.Errorf("%v: got strikes %s, expected %s", faults, got, expected)
			}
		}
	}
	var none *fault.Plan
	if got := struck(none.Begin(), 2); got != ".." || none.Strikes(fault.Task) {
		t.Errorf("got strikes %s without a plan, expected none", got)
	}
}

func TestFaultsThatNeverStruckAreReported(t *testing.T) {
	plan := &fault.Plan{Faults: []fault.Fault{{Fault: "error", State: "Worker"}, {Fault: "slow", Delay: time.Second, State: "Summary"}, {Fault: "stop"}}}
	i := plan.Begin()
	struck(i, 3)
	stopped, _ := i.At(fault.Site{Moment: fault.Entry, State: "Map"})
	if got := fmt.Sprint(i.Unreached()); got != "[slow by 1s (state Summary)]" {
		t.Errorf("got %s, expected the fault of Summary", got)
	}
	i.Missed(stopped)
	if got := fmt.Sprint(i.Unreached()); got != "[slow by 1s (state Summary) stop]" {
		t.Errorf("got %s, expected the stop that came too late as well", got)
	}
}

// A share depends on the seed and the site, and not on the order of the sites.
func TestAShareOfTheSites(t *testing.T) {
	const sites = 4000
	plan := func(seed uint64) *fault.Plan {
		return &fault.Plan{Seed: seed, Share: []fault.Share{{Fault: fault.Fault{Fault: "lost", Function: "Worker"}, Of: 0.05}}}
	}
	run := func(seed uint64, backwards bool) (items []int) {
		i := plan(seed).Begin()
		for n := range sites {
			if backwards {
				n = sites - 1 - n
			}
			if _, ok := i.At(worker(0, n)); ok {
				items = append(items, n)
			}
			if _, ok := i.At(worker(1, n)); ok {
				items = append(items, sites+n)
			}
		}
		slices.Sort(items)
		return items
	}
	first := run(1, false)
	if n := len(first); n < 300 || n > 500 {
		t.Errorf("got %d strikes at %d sites, expected some 5%%", n, 2*sites)
	}
	if !slices.Equal(first, run(1, true)) {
		t.Error("got other strikes in another order, expected the same")
	}
	if slices.Equal(first, run(2, false)) {
		t.Error("got the same strikes with another seed, expected others")
	}
	if !plan(1).Strikes(fault.Task) || plan(1).Strikes(fault.Request) {
		t.Error("expected a share of tasks alone")
	}
}

func TestItemsOfABatch(t *testing.T) {
	for payload, expected := range map[string]string{
		`{"BatchInput":{},"Items":[{"index":7,"item":1},{"index":9,"item":{}}]}`: "[7 9]",
		`{"Items":[1,{"index":"a"},{"index":2.5},{"index":3}]}`:                  "[3]",
		`{"Chunk":{"bucket":"b","key":"k","first":1000,"count":3}}`:              "[1000 1001 1002]",
		`{"Chunk":{"first":1}}`:               "[]",
		`{"Chunk":{"first":1,"count":1e300}}`: "[]",
		`[]`:                                  "[]",
		`null`:                                "[]",
	} {
		v, err := value.Parse([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(fault.Items(v)); got != expected {
			t.Errorf("%s: got %s, expected %s", payload, got, expected)
		}
	}
}
