package archive_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Job"
	prefix  = "arn:aws:states:us-east-1:123456789012:execution:Job:"
)

// start starts an execution of a definition, and records it.
func start(t *testing.T, r *archive.Recorder, name, definition, input string) *engine.Started {
	t.Helper()
	m, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(m, engine.WithStateMachineARN(machine), engine.WithExecutionName(name), engine.WithHistory(r.Event), engine.WithMapObserver(r))
	if err != nil {
		t.Fatal(err)
	}
	started, err := e.Start(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	r.Begin(started.ARN, input, started.Start)
	return started
}

const pass = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`

func record(t *testing.T, folder string) *archive.Recorder {
	t.Helper()
	r, err := archive.Record(folder)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func closed(t *testing.T, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, folders ...string) *archive.Archive {
	t.Helper()
	a, err := archive.Open(folders...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, a) })
	return a
}

func execution(t *testing.T, a *archive.Archive, arn string) *archive.Execution {
	t.Helper()
	x, err := a.Execution(arn)
	if err != nil || x == nil {
		t.Fatalf("got %v and %v, expected execution %s", x, err, arn)
	}
	return x
}

func events(t *testing.T, a *archive.Archive, arn string, reverse bool) (types []string) {
	t.Helper()
	found, err := a.History(arn, -1, reverse, func(e archive.Event) bool {
		_, kind, _ := strings.Cut(string(e.Text), `"type":"`)
		kind, _, _ = strings.Cut(kind, `"`)
		types = append(types, kind)
		return true
	})
	if err != nil || !found {
		t.Fatalf("%s: got %v and %v, expected its history", arn, found, err)
	}
	return types
}

// TestEverythingIsThereForTheNextProcess records in a folder, once more in the same
// one, and reads both.
func TestEverythingIsThereForTheNextProcess(t *testing.T) {
	folder := t.TempDir()
	for i := range 2 {
		r := record(t, folder)
		start(t, r, fmt.Sprint("x", i), pass, fmt.Sprintf(`{"n":%d}`, i)).Finish()
		closed(t, r)
	}
	a := open(t, folder, t.TempDir())
	list, err := a.Executions()
	if err != nil || len(list) != 2 || list[0].Name != "x1" || list[1].Name != "x0" || list[0].Folder != folder || list[0].Input != "" {
		t.Errorf("got %+v and %v, expected both executions, the last one first", list, err)
	}
	for i := range 2 {
		x := execution(t, a, fmt.Sprint(prefix, "x", i))
		if input := fmt.Sprintf(`{"n":%d}`, i); x.Status != engine.Succeeded || x.Input != input || x.Output != input || x.Stop.Before(x.Start) || x.StateMachineARN != machine {
			t.Errorf("got %+v", x)
		}
		if got := events(t, a, x.ARN, false); fmt.Sprint(got) != "[ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded]" {
			t.Errorf("got events %v", got)
		}
		if got := events(t, a, x.ARN, true); fmt.Sprint(got) != "[ExecutionSucceeded PassStateExited PassStateEntered ExecutionStarted]" {
			t.Errorf("got events %v backward", got)
		}
	}
}

func TestAReaderSeesWhatRuns(t *testing.T) {
	folder := t.TempDir()
	a := open(t, folder) // before there is anything
	r := record(t, folder)
	defer closed(t, r)
	started := start(t, r, "x", pass, `1`)
	await := func(status string) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			x, err := a.Execution(started.ARN)
			if err != nil {
				t.Fatal(err)
			}
			if x != nil && x.Status == status {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("got %+v, expected status %s", x, status)
			}
		}
	}
	await(engine.Running)
	started.Finish()
	await(engine.Succeeded)
	if _, err := archive.Record(folder); !errors.Is(err, archive.ErrInUse) {
		t.Errorf("got %v, expected a folder in use", err)
	}
}

// TestAKilledProcessLeavesExecutionsAborted copies the files of a recorder that still
// records, cut off at any place: so they are after a crash.
func TestAKilledProcessLeavesExecutionsAborted(t *testing.T) {
	folder := t.TempDir()
	r := record(t, folder)
	start(t, r, "done", pass, `1`).Finish()
	running := start(t, r, "running", pass, `{"n":2}`)
	r.Started(engine.MapRunInfo{ARN: "run", ExecutionARN: running.ARN, Items: 5, Start: time.Now()})
	r.ChildStarted(engine.ChildInfo{MapRunARN: "run", ExecutionARN: prefix + "Items:c", Items: 2})
	r.Event(event.Event{ExecutionARN: running.ARN, ID: 1, Type: event.ExecutionStarted, Time: time.Now()})
	if _, err := r.Archive().Executions(); err != nil { // which writes everything
		t.Fatal(err)
	}
	defer func() {
		running.Finish()
		closed(t, r)
	}()
	files := map[string][]byte{}
	for _, name := range []string{"executions.jsonl", "history.jsonl", "history.index", "children.jsonl"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	for name, cut := range map[string]int{"executions.jsonl": 0, "history.jsonl": 7, "history.index": 5} {
		crashed := t.TempDir()
		for file, text := range files {
			if file == name {
				text = text[:len(text)-cut]
			}
			if file == "executions.jsonl" {
				text = append(text[:len(text):len(text)], `{"execution":{"arn"`...)
			}
			if err := os.WriteFile(filepath.Join(crashed, file), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		check := func(a *archive.Archive) {
			t.Helper()
			x := execution(t, a, running.ARN)
			if x.Status != engine.Aborted || x.Error != protocol.ErrorInterrupted || x.Input != `{"n":2}` || x.Stop.IsZero() {
				t.Errorf("%s: got %+v, expected that it was interrupted", name, x)
			}
			if x := execution(t, a, prefix+"done"); x.Status != engine.Succeeded {
				t.Errorf("%s: got %+v, expected that it succeeded", name, x)
			}
			run, err := a.MapRun("run")
			if err != nil || run.Status != engine.Aborted || run.Items.Running != 0 || run.Executions.Running != 0 {
				t.Errorf("%s: got Map Run %+v and %v", name, run, err)
			}
			if got := events(t, a, prefix+"done", false); len(got) != 4 {
				t.Errorf("%s: got events %v", name, got)
			}
		}
		check(open(t, crashed))
		next := record(t, crashed)
		start(t, next, "next", pass, `1`).Finish()
		check(next.Archive())
		if got := events(t, next.Archive(), prefix+"next", true); len(got) != 4 {
			t.Errorf("%s: got events %v of the next execution", name, got)
		}
		closed(t, next)
		check(open(t, crashed))
	}
}

// TestAnotherExecutionOfANameHasItsOwnHistory runs one ARN twice.
func TestAnotherExecutionOfANameHasItsOwnHistory(t *testing.T) {
	r := record(t, t.TempDir())
	defer closed(t, r)
	for i := range 2 {
		start(t, r, "same", pass, strconv.Itoa(i)).Finish()
	}
	for _, reverse := range []bool{false, true} {
		if got := events(t, r.Archive(), prefix+"same", reverse); len(got) != 4 {
			t.Errorf("got events %v, expected those of the second one", got)
		}
	}
	if list, err := r.Archive().Executions(); err != nil || len(list) != 1 {
		t.Errorf("got %+v and %v, expected one execution", list, err)
	}
}

// TestAMillionEventsNeedLittleMemory reads a history among the events of many
// children.
func TestAMillionEventsNeedLittleMemory(t *testing.T) {
	folder := t.TempDir()
	r := record(t, folder)
	now := time.Now()
	one := func(arn string, id int64, kind event.Type) {
		r.Event(event.Event{ExecutionARN: arn, ID: id, PreviousID: id - 1, Type: kind, Time: now})
	}
	r.Begin(prefix+"x", `{}`, now)
	one(prefix+"x", 1, event.ExecutionStarted)
	const children, each = 100_000, 10
	for c := range children {
		arn := fmt.Sprintf("%sItems:%d", strings.TrimSuffix(prefix, ":")+"/", c)
		for id := range int64(each) {
			one(arn, id+1, event.PassStateEntered)
		}
		r.ChildDone(engine.ChildResult{MapRunARN: "run", ExecutionARN: arn, Items: 1, Status: engine.Succeeded, Start: now, Stop: now})
	}
	one(prefix+"x", 2, event.ExecutionSucceeded)
	closed(t, r)

	before := heap()
	began := time.Now()
	a := open(t, folder)
	execution(t, a, prefix+"x")
	opened := time.Since(began)
	for _, reverse := range []bool{false, true} {
		if got := events(t, a, prefix+"x", reverse); len(got) != 2 {
			t.Errorf("got events %v", got)
		}
	}
	last := fmt.Sprintf("%sItems:%d", strings.TrimSuffix(prefix, ":")+"/", children-1)
	if got := events(t, a, last, false); len(got) != each {
		t.Errorf("got events %v of the last child", got)
	}
	if x := execution(t, a, last); x.Status != engine.Succeeded {
		t.Errorf("got %+v", x)
	}
	took := time.Since(began)
	if grown := heap() - before; grown > 4<<20 {
		t.Errorf("got %d bytes more, expected at most 4 MiB", grown)
	}
	t.Logf("opened in %v, histories after %v", opened, took)
	runtime.KeepAlive(a)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
