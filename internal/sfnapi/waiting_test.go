package sfnapi

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

const (
	executionARN = "arn:aws:states:us-east-1:123456789012:execution:Job:"
	childARN     = "arn:aws:states:us-east-1:123456789012:execution:Job/Map:"
)

// wait lets a task of some executions wait.
func wait(s *Service, token, state string, executions ...string) {
	s.tasks.add(&waitingTask{executions: executions, since: time.Now(), request: &engine.Request{StateName: state, ExecutionARN: executions[0],
		Timeout: time.Hour, Heartbeat: time.Minute, Parameters: token, Callback: &engine.Callback{Token: token}}})
}

// list returns the tokens of the tasks on a page, and the page.
func list(t *testing.T, s *Service, r waitingRequest) (string, *waitingAnswer) {
	t.Helper()
	answer, refused := s.listWaitingTasks(r)
	if refused != nil {
		t.Fatal(refused)
	}
	var all strings.Builder
	for i := range answer.WaitingTasks {
		all.WriteString(answer.WaitingTasks[i].TaskToken + " ")
	}
	return all.String(), answer
}

func TestWaitingTasksAreListedWhileTheyAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const one, two = executionARN + "one", executionARN + "two"
		s := New(nil, nil)
		for i := range 5 {
			wait(s, fmt.Sprint("a", i), "Ask", childARN+"1", one)
		}
		wait(s, "b0", "Ask", childARN+"2", two, one)
		wait(s, "b1", "Pay", childARN+"2", two, one)

		got, begun := list(t, s, waitingRequest{page: page{2, ""}, ExecutionArn: one})
		if got != "a0 a1 " || begun.Total != 7 {
			t.Errorf("got %s of %d, expected the first two of seven", got, begun.Total)
		}
		s.tasks.Callback("a2", false)
		wait(s, "a5", "Ask", childARN+"1", one)
		if got, last := list(t, s, waitingRequest{page: page{1000, begun.NextToken}, ExecutionArn: one}); got != "a3 a4 b0 b1 a5 " || last.Total != 7 || last.NextToken != "" {
			t.Errorf("got %s of %d, then %q, expected each that still waits once", got, last.Total, last.NextToken)
		}
		for expected, r := range map[string]waitingRequest{
			"b0 b1 ":       {ExecutionArn: two},
			"b1 ":          {ExecutionArn: childARN + "2", StateName: "Pay"},
			"a0 a1 a3 a4 ": {page: page{MaxResults: 4}, ExecutionArn: childARN + "1"},
			"a4 ":          {ExecutionArn: one, TaskToken: "a4"},
			"b0 ":          {ExecutionArn: one, StateName: "Ask", TaskToken: "b"},
			"":             {ExecutionArn: two, TaskToken: "a4"},
		} {
			if got, answer := list(t, s, r); got != expected || r.MaxResults == 0 && answer.Total != strings.Count(expected, " ") {
				t.Errorf("%+v: got %s of %d, expected %s", r, got, answer.Total, expected)
			}
		}
		for _, r := range []waitingRequest{
			{ExecutionArn: one, StateName: "Pay", TaskToken: "b0"},
			{ExecutionArn: one, StateName: "None"},
			{ExecutionArn: executionARN + "three"},
		} {
			if got, answer := list(t, s, r); got != "" || answer.Total != 0 {
				t.Errorf("%+v: got %s of %d, expected none", r, got, answer.Total)
			}
		}
		for expected, r := range map[string]waitingRequest{
			"InvalidToken":        {page: page{10, begun.NextToken}, ExecutionArn: two},
			"ValidationException": {},
			"InvalidArn":          {ExecutionArn: "one"},
		} {
			if _, refused := s.listWaitingTasks(r); refused == nil || refused.Type != expected {
				t.Errorf("%+v: got %v, expected %s", r, refused, expected)
			}
		}

		// A task without heartbeats times out after a minute, each heartbeat gives it another one.
		until := func() float64 {
			_, page := list(t, s, waitingRequest{ExecutionArn: two})
			return float64(*page.WaitingTasks[0].TimeoutDate) - float64(epochOf(time.Now()))
		}
		time.Sleep(40 * time.Second)
		if left := until(); left != 20 {
			t.Errorf("got %v s left, expected 20", left)
		}
		s.tasks.Callback("b0", true)
		if left := until(); left != 60 {
			t.Errorf("got %v s left after a heartbeat, expected 60", left)
		}

		for _, token := range slices.Collect(maps.Keys(s.tasks.waiting)) {
			s.tasks.over(token)
		}
		if n := len(s.tasks.waiting) + len(s.tasks.of); n != 0 {
			t.Errorf("got %d tasks and executions, expected nothing of tasks that have ended", n)
		}
	})
}

func TestTheTasksOfAnExecutionAreThoseThatWereNotRemoved(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var e executionTasks
	var expected []*waitingTask
	states := []string{"", "A", "B", "None"}
	for number := int64(1); number <= 20_000; number++ {
		w := &waitingTask{number: number, request: &engine.Request{StateName: states[1+random.IntN(2)]}}
		e.add(w)
		expected = append(expected, w)
		for range random.IntN(5) / 2 { // most of them near the beginning
			if len(expected) > 0 {
				at := random.IntN(min(len(expected), 1+random.IntN(2000)))
				e.remove(expected[at])
				expected = slices.Delete(expected, at, at+1)
			}
		}
		if number%100 != 0 {
			continue
		}
		state, after := states[random.IntN(4)], random.Int64N(number+2)
		var of []*waitingTask
		total := 0
		for _, w := range expected {
			if state == "" || w.request.StateName == state {
				if total++; w.number > after {
					of = append(of, w)
				}
			}
		}
		got, size := slices.Collect(e.of(state).After(after)), 0
		if list := e.of(state); list != nil {
			size = list.Len()
		}
		if !slices.Equal(got, of) || size != total {
			t.Fatalf("state %q after %d of %d: got %d tasks of %d, expected %d of %d", state, after, number, len(got), size, len(of), total)
		}
	}
	if e.states == nil || len(expected) < fewTasks {
		t.Errorf("got %d tasks in the end, expected enough for lists by state", len(expected))
	}
}

// A million tasks wait, some are answered: a page, a total and the task of a token take as long
// as with a few.
func TestPagesOfAMillionWaitingTasks(t *testing.T) {
	const million, state = 1_000_000, "Ask"
	execution := executionARN + "one"
	token := func(i int) string { return fmt.Sprintf("%0*d", engine.TokenLength, i) }
	s := New(nil, nil)
	tasks := make([]*waitingTask, million)
	for i := range tasks {
		child := fmt.Sprint(childARN, i)
		tasks[i] = &waitingTask{executions: []string{child, execution}, request: &engine.Request{StateName: state, ExecutionARN: child, Callback: &engine.Callback{Token: token(i)}}}
	}
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	for _, w := range tasks {
		s.tasks.add(w)
	}
	if each := (heap() - before) / million; each > 400 {
		t.Errorf("got %d bytes for each task, on top of its execution, expected at most 400", each)
	} else {
		t.Logf("%d bytes for each task, on top of its execution", each)
	}

	gone := 0 // the oldest
	var quickest, slowest map[string]time.Duration
	slowest = map[string]time.Duration{}
	ask := func(what string, total int, r waitingRequest) {
		t.Helper()
		began := time.Now()
		answer, refused := s.listWaitingTasks(r)
		took := time.Since(began)
		if refused != nil || answer.Total != total || answer.WaitingTasks[0].TaskToken != token(gone) {
			t.Fatalf("%s: got %v and %v, expected %d tasks, those that have waited longest", what, answer, refused, total)
		}
		if least, ok := quickest[what]; !ok || took < least {
			quickest[what] = took
		}
	}
	for ; gone < million/2; gone += million / 20 {
		quickest = map[string]time.Duration{}
		ask("all", million-gone, waitingRequest{ExecutionArn: execution, page: page{MaxResults: 1}, TaskToken: "0"})
		for range 10 {
			ask("badge", million-gone, waitingRequest{ExecutionArn: execution, page: page{MaxResults: 1}})
			ask("page", million-gone, waitingRequest{ExecutionArn: execution, page: page{MaxResults: 50}})
			ask("page of a state", million-gone, waitingRequest{ExecutionArn: execution, page: page{MaxResults: 50}, StateName: state})
			ask("child", 1, waitingRequest{ExecutionArn: fmt.Sprint(childARN, gone)})
			ask("token", 1, waitingRequest{ExecutionArn: execution, TaskToken: token(gone)})
		}
		for what, took := range quickest {
			slowest[what] = max(slowest[what], took)
		}
		for i := range million / 20 {
			s.tasks.over(token(gone + i))
		}
	}
	t.Logf("the quickest of ten: %v", slowest)
	for what, took := range slowest {
		if what != "all" && took > 10*time.Millisecond {
			t.Errorf("%s: got %v, expected at most 10 ms", what, took)
		}
	}
	runtime.KeepAlive(tasks)
}
