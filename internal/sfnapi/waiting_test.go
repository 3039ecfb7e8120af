package sfnapi

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

func TestWaitingTasksAreListedWhileTheyAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		first, second := s.Tasks(), s.Tasks()
		first.Execution, second.Execution = "one", "two"
		wait := func(tasks *Tasks, token string) {
			s.tasks.add(&waitingTask{tasks: tasks, since: time.Now(), request: &engine.Request{StateName: "Ask", ExecutionARN: tasks.Execution + "/child",
				Timeout: time.Hour, Heartbeat: time.Minute, Parameters: token, Callback: &engine.Callback{Token: token}}})
		}
		for i := range 5 {
			wait(first, fmt.Sprint("a", i))
		}
		wait(second, "b0")
		list := func(execution, next string, most int) (string, *waitingAnswer) {
			answer, refused := s.listWaitingTasks(waitingRequest{page: page{most, next}, ExecutionArn: execution})
			if refused != nil {
				t.Fatal(refused)
			}
			var all strings.Builder
			for _, task := range answer.WaitingTasks {
				all.WriteString(task.TaskToken + " ")
			}
			return all.String(), answer
		}

		got, begun := list("one", "", 2)
		if got != "a0 a1 " || begun.Total != 5 {
			t.Errorf("got %s of %d, expected the first two of five", got, begun.Total)
		}
		s.tasks.Callback("a2", false)
		wait(first, "a5")
		if got, last := list("one", begun.NextToken, 1000); got != "a3 a4 a5 " || last.Total != 5 || last.NextToken != "" {
			t.Errorf("got %s of %d, then %q, expected each that still waits once", got, last.Total, last.NextToken)
		}
		if got, _ := list("two/child", "", 10); got != "b0 " {
			t.Errorf("got %s of a child, expected its own", got)
		}
		if _, all := list("", "", 0); all.Total != 6 {
			t.Errorf("got %d of all executions, expected 6", all.Total)
		}
		if _, refused := s.listWaitingTasks(waitingRequest{page: page{10, begun.NextToken}, ExecutionArn: "two"}); refused == nil || refused.Type != "InvalidToken" {
			t.Errorf("got %v for the token of another execution", refused)
		}

		// A task without heartbeats times out after a minute, each heartbeat gives it another one.
		until := func() float64 {
			_, page := list("two", "", 1)
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

		first.Close()
		if got, _ := list("", "", 10); got != "b0 " {
			t.Errorf("got %s after the end of an execution, expected those of the other", got)
		}
		for i := range 10_000 {
			wait(first, fmt.Sprint("c", i))
			s.tasks.Callback(fmt.Sprint("c", i), false)
		}
		for range 1000 {
			wait(second, "b1")
			s.tasks.Callback("b1", false)
		}
		if n := len(s.tasks.lists[""].tasks); n > 100 {
			t.Errorf("got %d tasks in memory, expected those that wait and a few", n)
		}
		if s.tasks.lists["one"] != nil {
			t.Error("got a list of an execution that has no task, expected none")
		}
	})
}

func TestAMillionWaitingTasksAreAPageAtATime(t *testing.T) {
	s := New(nil, nil)
	tasks := s.Tasks()
	tasks.Execution = "one"
	const million = 1_000_000
	token := func(i int) string { return fmt.Sprintf("%072d", i) }
	for i := range million {
		s.tasks.add(&waitingTask{tasks: tasks, request: &engine.Request{StateName: "Ask", ExecutionARN: "child", Callback: &engine.Callback{Token: token(i)}}})
	}
	began := time.Now()
	const pages = 1000
	next := ""
	for i := range pages {
		answer, refused := s.listWaitingTasks(waitingRequest{page: page{50, next}, ExecutionArn: "one"})
		if refused != nil || answer.Total != million || len(answer.WaitingTasks) != 50 || answer.WaitingTasks[0].TaskToken != token(50*i) {
			t.Fatalf("page %d: got %+v (%v), expected the next 50 of a million", i, answer, refused)
		}
		next = answer.NextToken
	}
	for i := range pages {
		answer, refused := s.listWaitingTasks(waitingRequest{ExecutionArn: "one", TaskToken: token(i * 997)})
		if refused != nil || answer.Total != 1 || answer.WaitingTasks[0].TaskToken != token(i*997) {
			t.Fatalf("got %+v (%v), expected the task of a token", answer, refused)
		}
	}
	walk := time.Now()
	if answer, _ := s.listWaitingTasks(waitingRequest{ExecutionArn: "one", StateName: "Another"}); answer.Total != 0 {
		t.Errorf("got %d tasks of another state, expected none", answer.Total)
	}
	// Looking at all of them once takes longer than a hundred pages.
	if all, each := time.Since(walk), walk.Sub(began)/(2*pages); each > all/100 {
		t.Errorf("got %v for a page or a token and %v for all tasks, expected at most a hundredth", each, all)
	}
	tasks.Close()
	if n := len(s.tasks.waiting) + len(s.tasks.lists); n != 0 {
		t.Errorf("got %d tasks and lists after the end of the execution, expected none", n)
	}
}
