package job_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
)

// However a function goes through the outcomes, each is accounted for.
func TestEveryOutcomeCountsHoweverALoopEnds(t *testing.T) {
	t.Parallel()
	const n = 1000
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"SUCCEEDED","output":{"n":%d}}`+"\n", i, i)
	}
	manifest := mapRun(t, "loops", lines.String(), "", "")
	recovered := func(f func()) {
		defer func() { _ = recover() }()
		f()
	}
	var seen atomic.Int64
	look := func(s *job.Summary) {
		for range s.Results() {
			seen.Add(1)
		}
	}
	for name, c := range map[string]struct {
		look func(*job.Summary)
		seen int64 // by look
	}{
		"to the end":      {look, n},
		"not at all":      {func(*job.Summary) {}, 0},
		"a second loop":   {func(s *job.Summary) { look(s); look(s) }, n},
		"after a break":   {func(s *job.Summary) { first(s.Results()); look(s) }, n - 1},
		"before a break":  {func(s *job.Summary) { first(s.Results()) }, 0},
		"a panic":         {func(s *job.Summary) { recovered(func() { panic(first(s.Results())) }) }, 0},
		"a panic inside":  {func(s *job.Summary) { recovered(func() { panicInside(s) }) }, 0},
		"after a panic":   {func(s *job.Summary) { recovered(func() { panicInside(s) }); look(s) }, n - 1},
		"a goroutine":     {func(s *job.Summary) { inGoroutine(func() { look(s) }) }, n},
		"one that exits":  {func(s *job.Summary) { inGoroutine(func() { exitInside(s) }) }, 0},
		"several at once": {func(s *job.Summary) { inGoroutine(func() { look(s) }, func() { look(s) }, func() { look(s) }) }, n},
		"a nested loop":   {func(s *job.Summary) { nested(s, &seen) }, n},
		"pull": {func(s *job.Summary) {
			next, _ := iter.Pull(s.Results()) // without stop
			next()
			next()
			seen.Add(2)
		}, 2},
		"pull in an OS thread": {func(s *job.Summary) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			look(s)
		}, n},
	} {
		t.Run(name, func(t *testing.T) {
			seen.Store(0)
			h := summarize(func(_ context.Context, s *job.Summary) error { c.look(s); return nil })
			got := decode[accountAnswer](t, invoke(t, h, request("loops/"+name, `{"bucket": "results", "manifest": "`+manifest+`"}`, n)))
			if got.Items != (report.Items{Total: n, Succeeded: n}) || got.Repeated != 0 {
				t.Errorf("got %+v, expected %d items that succeeded, each counted once", got, n)
			}
			if seen.Load() != c.seen {
				t.Errorf("got %d outcomes in loops, expected %d", seen.Load(), c.seen)
			}
		})
	}
}

func first(outcomes iter.Seq[job.Outcome]) job.Outcome {
	for o := range outcomes {
		return o
	}
	return job.Outcome{}
}

func panicInside(s *job.Summary) {
	for o := range s.Results() {
		panic(o)
	}
}

func exitInside(s *job.Summary) {
	for range s.Results() {
		runtime.Goexit()
	}
}

func nested(s *job.Summary, seen *atomic.Int64) {
	for range s.Results() {
		seen.Add(1)
		for range s.Results() {
			seen.Add(1)
		}
	}
}

func inGoroutine(fs ...func()) {
	var running sync.WaitGroup
	for _, f := range fs {
		running.Go(f)
	}
	running.Wait()
}

func TestOutcomesBeforeABrokenOneGetToTheLoop(t *testing.T) {
	t.Parallel()
	manifest := mapRun(t, "cut", "{\"index\":0,\"status\":\"SUCCEEDED\"}\n{\"index\":1,\"status\":\"SUCC", "", "")
	seen := 0
	h := summarize(func(_ context.Context, s *job.Summary) error {
		for range s.Results() {
			seen++
		}
		for range s.Results() {
			t.Error("got an outcome after an error")
		}
		return nil
	})
	if err := refused(t, h, request("cut", `{"bucket": "results", "manifest": "`+manifest+`"}`, 2)); err.Type != job.ErrorInvalidResult || seen != 1 {
		t.Errorf("got %s: %s after %d outcomes, expected %s after one", err.Type, err.Message, seen, job.ErrorInvalidResult)
	}
}

func TestManyLargeOutputsAreReadInSmallBatches(t *testing.T) {
	t.Parallel()
	const n, size = 40, 200_000
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"SUCCEEDED","output":"%s"}`+"\n", i, strings.Repeat("x", size))
	}
	manifest := mapRun(t, "large", lines.String(), "", "")
	bytes := 0
	h := summarize(func(_ context.Context, s *job.Summary) error {
		for o := range s.Results() {
			bytes += len(o.Output)
		}
		return nil
	})
	got := decode[accountAnswer](t, invoke(t, h, request("large", `{"bucket": "results", "manifest": "`+manifest+`"}`, n)))
	if got.Succeeded != n || bytes != n*(size+2) {
		t.Errorf("got %+v and %d bytes, expected %d outputs", got, bytes, n)
	}
}
