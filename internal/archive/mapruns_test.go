package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
)

// TestCountsOfAMapRunReachOthersWithoutAnotherChange changes the counts twice in a
// moment. Another process sees them while nothing else happens.
func TestCountsOfAMapRunReachOthersWithoutAnotherChange(t *testing.T) {
	folder := t.TempDir()
	r := record(t, folder)
	defer closed(t, r)
	const run, child = "arn:aws:states:us-east-1:123456789012:mapRun:Job/Map:1", "arn:aws:states:us-east-1:123456789012:execution:Job/Map:1"
	now := time.Now()
	r.Started(engine.MapRunInfo{ARN: run, ExecutionARN: prefix + "x", StateName: "Map", Start: now, Items: 5})
	r.ChildStarted(engine.ChildInfo{MapRunARN: run, ExecutionARN: child, Start: now, Items: 2})
	r.ChildDone(engine.ChildResult{MapRunARN: run, ExecutionARN: child, Status: engine.Succeeded, Start: now, Stop: now, Items: 2})
	expected := archive.Counts{MapRunCounts: engine.MapRunCounts{Pending: 3, Succeeded: 2, Total: 5}}
	a := open(t, folder)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		seen, err := a.MapRun(run)
		switch {
		case err != nil:
			t.Fatal(err)
		case seen != nil && seen.Items == expected:
			return
		case time.Now().After(end):
			t.Fatalf("got %+v, expected items %+v", seen, expected)
		}
	}
}

// TestAListedChildIsFoundWithoutASearch lists children, and reads their histories
// without the file that was listed, from the part of history.jsonl that has them.
func TestAListedChildIsFoundWithoutASearch(t *testing.T) {
	folder := t.TempDir()
	r := record(t, folder)
	const run, child = "arn:aws:states:us-east-1:123456789012:mapRun:Job/Map:1", "arn:aws:states:us-east-1:123456789012:execution:Job/Map:"
	now := time.Now()
	r.Started(engine.MapRunInfo{ARN: run, ExecutionARN: prefix + "x", StateName: "Map", Start: now, Items: 3})
	for i := range 3 {
		arn := fmt.Sprint(child, i)
		r.ChildStarted(engine.ChildInfo{MapRunARN: run, ExecutionARN: arn, Start: now, Items: 1})
		for id, kind := range []event.Type{event.ExecutionStarted, event.ExecutionSucceeded} {
			r.Event(event.Event{ExecutionARN: arn, ID: int64(id + 1), Type: kind, Time: now})
		}
		r.ChildDone(engine.ChildResult{MapRunARN: run, ExecutionARN: arn, Status: engine.Succeeded, Start: now, Stop: now, Items: 1})
	}
	closed(t, r)
	a := open(t, folder)
	bounds := map[string]string{}
	if err := a.Children(run, 0, func(x archive.Execution, _ int64) bool {
		bounds[x.Name] = fmt.Sprint(x.History, " to ", x.HistoryEnd)
		return true
	}); err != nil || fmt.Sprint(bounds) != "map[0:0 to 2 1:2 to 4 2:4 to 6]" {
		t.Errorf("got children with events %v and error %v, expected two for each", bounds, err)
	}
	if err := os.Remove(filepath.Join(folder, "children.jsonl")); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		for reverse, expected := range map[bool]string{false: "[ExecutionStarted ExecutionSucceeded]", true: "[ExecutionSucceeded ExecutionStarted]"} {
			if got := events(t, a, fmt.Sprint(child, i), reverse); fmt.Sprint(got) != expected {
				t.Errorf("got events %v of child %d, expected %s", got, i, expected)
			}
		}
	}
}
