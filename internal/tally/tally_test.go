package tally_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/tally"
	"github.com/mapjob/mapjob/job/report"
)

func TestATimelineKeepsEveryItemInFewSteps(t *testing.T) {
	const n, began = 20_000, 1_793_498_400_000
	random := rand.New(rand.NewPCG(1, 2))
	a := &tally.Tally{}
	var last int64
	for i := range n {
		started := began + random.Int64N(int64(1+i)*500)
		last = max(last, started+7)
		a.Took(i, started, 7, i%10 != 0)
	}
	line := a.Timeline()
	succeeded, failed := 0, 0
	for i := range line.Succeeded {
		succeeded, failed = succeeded+line.Succeeded[i], failed+line.Failed[i]
	}
	if succeeded != n*9/10 || failed != n/10 {
		t.Errorf("got %d and %d items, expected %d and %d", succeeded, failed, n*9/10, n/10)
	}
	if len(line.Succeeded) > 120 || len(line.Succeeded) < 55 || len(line.Failed) != len(line.Succeeded) {
		t.Errorf("got %d and %d steps, expected at most 120, and not less than half of them", len(line.Succeeded), len(line.Failed))
	}
	if end := line.From.UnixMilli() + int64(len(line.Succeeded))*line.StepMs; end <= last || line.From.UnixMilli() > began+7+1000 {
		t.Errorf("got steps from %v to %d, expected the first and the last item in them", line.From, end)
	}
}

func TestTheSlowestItemsAreKept(t *testing.T) {
	a := &tally.Tally{}
	for i := range 1000 {
		a.Took(i, 1_793_498_400_000, int64(i*7919%1000), true)
	}
	for i, s := range a.Slowest {
		if s.Ms != int64(999-i) || int64(s.Index)*7919%1000 != s.Ms {
			t.Errorf("got %+v in place %d, expected an item that took %d ms", s, i, 999-i)
		}
	}
	if len(a.Slowest) != 10 {
		t.Errorf("got %d items, expected ten", len(a.Slowest))
	}
}

func TestTheExampleOfAnErrorIsThatOfTheLowestIndex(t *testing.T) {
	a := &tally.Tally{}
	a.FailUnseen(1, "Bad", "of an unknown item")
	for _, index := range []int{185, 85, 95, 285} {
		a.Fail(index, "Bad", fmt.Sprint("of item ", index))
	}
	a.FailUnseen(1, "Bad", "of an unknown item")
	if errors := a.Errors(); len(errors) != 1 || errors[0].Example != "of item 85" || errors[0].Count != 6 {
		t.Errorf("got %+v, expected 6 items with the example of item 85", errors)
	}
}

func TestTooManyNamesOfErrorsAreCountedAsOne(t *testing.T) {
	a := &tally.Tally{}
	for i := range 5000 {
		a.Fail(i, fmt.Sprint("Order", i), "bad")
	}
	errors := a.Errors()
	if len(errors) != 1001 || errors[0].Name != "(other errors)" || errors[0].Count != 4000 || a.Failed != 5000 {
		t.Errorf("got %d names, first %+v, of %d items, expected the names after the first thousand together", len(errors), errors[0], a.Failed)
	}
}

// A name that holds an ID makes as many names as items.
func TestAMillionNamesOfErrorsTakeTheMemoryOfAThousand(t *testing.T) {
	inUse := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const n = 1_000_000
	a := &tally.Tally{}
	var early int64
	for i := range n {
		if i == n/100 {
			early = inUse()
		}
		a.Fail(i, fmt.Sprint("Order", i), fmt.Sprint("order ", i, " is bad"))
	}
	if grown, most := inUse()-early, int64(1<<20); grown > most { // two bits an item, doubled when the set grows
		t.Errorf("got %d bytes more for %d names than for %d, expected at most %d", grown, n, n/100, most)
	}
	counted := 0
	for _, e := range a.Errors() {
		counted += e.Count
	}
	if counted != n || a.Failed != n || len(a.Errors()) != 1001 {
		t.Errorf("got %d items under %d names and %d failed, expected %d under 1001", counted, len(a.Errors()), a.Failed, n)
	}
}

func TestALongNameAndCauseAreCutVisibly(t *testing.T) {
	a := &tally.Tally{}
	long := strings.Repeat("é", 5000)
	a.Fail(0, long, long)
	a.Fail(1, "", "")
	for _, e := range []struct{ name, cause string }{{a.Errors()[0].Name, a.Errors()[0].Example}, {a.Failures[0].Error, a.Failures[0].Cause}} {
		if e.name == "Error" {
			e.name, e.cause = a.Errors()[1].Name, a.Errors()[1].Example
		}
		if e.name != long[:2*200]+"…" || e.cause != long[:2*1000]+"…" {
			t.Errorf("got a name of %d and a cause of %d bytes, expected 200 and 1000 characters and a sign that there was more", len(e.name), len(e.cause))
		}
	}
	if a.Failures[1].Error != "Error" {
		t.Errorf("got %+v, expected a name if there is none", a.Failures[1])
	}
}

func TestErrorsHaveTheTimesOfTheirFirstAndLastItem(t *testing.T) {
	start := time.Date(2026, 3, 14, 2, 0, 0, 0, time.UTC)
	a := tally.Tally{Start: start}
	for i, after := range []time.Duration{time.Minute, time.Second, time.Hour, -2 * time.Hour, 800 * 24 * time.Hour} {
		a.Fail(i, "Bad", "")
		a.FailedAt("Bad", start.Add(after).UnixMilli())
	}
	a.Fail(9, "", "")
	a.FailedAt("", 0)
	list := a.Errors()
	if e := list[0]; e.First == nil || !e.First.Equal(start.Add(time.Second)) || !e.Last.Equal(start.Add(time.Hour)) {
		t.Errorf("got %v to %v, expected a second to an hour after the start, without times that can't be right", e.First, e.Last)
	}
	if e := list[1]; e.First != nil || e.Last != nil {
		t.Errorf("got %v to %v for an item without a time, expected none", e.First, e.Last)
	}
	for i := range 2000 { // names after the first thousand count as one
		name := fmt.Sprint("Order", i)
		a.Fail(10+i, name, "")
		a.FailedAt(name, start.Add(time.Duration(i)*time.Second).UnixMilli())
	}
	for _, e := range a.Errors() {
		if e.Name == report.OtherErrors && (!e.First.Equal(start.Add(998*time.Second)) || !e.Last.Equal(start.Add(1999*time.Second))) {
			t.Errorf("got %v to %v of %s, expected those of the names after the first thousand", e.First, e.Last, e.Name)
		}
	}
}
