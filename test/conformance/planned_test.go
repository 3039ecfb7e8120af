package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/walk"
	"github.com/mapjob/mapjob/internal/value"
)

// TestRecordedHistoriesAreAsPlanned compares the events that the planner counts, which
// runs nothing, with the histories of executions on AWS that have a Map and in which
// nothing fails.
func TestRecordedHistoriesAreAsPlanned(t *testing.T) {
	folder := os.Getenv("MAPJOB_CONFORMANCE")
	if folder == "" {
		t.Skip("MAPJOB_CONFORMANCE: got no value, expected the folder of the recordings")
	}
	modules, err := load(filepath.Join(folder, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	histories, planned := 0, 0
	for _, m := range modules {
		for _, c := range m.cases {
			events := list(c.Object, "expect", "eventTypes")
			if !plannable(c, events) {
				continue
			}
			histories++
			parsed, err := asl.Parse(value.Append(nil, get(c.Object, "definition")))
			if err != nil {
				t.Errorf("%s: %v", c.id, err)
				continue
			}
			shape, setup, err := walk.Shape(parsed, walk.Facts{})
			if err != nil {
				t.Errorf("%s: %v", c.id, err)
				continue
			}
			if strings.Contains(c.test, "distributed_reentrant") {
				continue // its states form a loop, which the planner counts once
			}
			planned++
			items := 0
			for _, kind := range events {
				if kind == "MapIterationStarted" {
					items++
				}
			}
			counted := plan.Count(plan.Workload{Items: items}, setup, shape)
			if int(counted.ParentEvents) != len(events) {
				t.Errorf("%s: got %v events planned, expected the %d recorded: %v", c.id, counted.ParentEvents, len(events), events)
			}
		}
	}
	t.Logf("planned the events of %d of %d recorded histories", planned, histories)
}

// plannable reports whether a case is an execution with a Map in which nothing fails.
func plannable(c *recorded, events []any) bool {
	fails := func(kind any) bool {
		text, _ := kind.(string)
		return strings.HasSuffix(text, "Failed") || strings.HasSuffix(text, "Aborted") || strings.HasSuffix(text, "TimedOut")
	}
	return text(c.Object, "expect", "status") == "SUCCEEDED" && slices.Contains(events, any("MapStateEntered")) && !slices.ContainsFunc(events, fails)
}
