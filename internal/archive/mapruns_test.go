package archive_test

import (
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
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
