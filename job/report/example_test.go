package report_test

import (
	"fmt"
	"os"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

func Example() {
	started := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	r := report.Report{
		Job: "Invoicing", Execution: "night-1", StartedAt: started, StoppedAt: started.Add(90 * time.Second),
		Items:    report.Items{Total: 3, Succeeded: 2, Failed: 1},
		Errors:   []report.ErrorCount{{Name: "NoLines", Count: 1, Example: "order ORD-2 has no lines"}},
		Failures: []report.Failure{{Index: 1, Error: "NoLines", Cause: "order ORD-2 has no lines"}},
	}
	if err := r.Markdown(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// # Invoicing: 1 of 3 items failed (33.3%)
	//
	// night-1, 1m30s, started 2026-11-01T02:00:00Z
	//
	// | items     | count | share |
	// | --------- | ----: | ----: |
	// | succeeded |     2 | 66.7% |
	// | failed    |     1 | 33.3% |
	// | total     |     3 |       |
	//
	// ## What failed and why
	//
	// | error   | items | share | for example              |
	// | ------- | ----: | ----: | ------------------------ |
	// | NoLines |     1 | 33.3% | order ORD-2 has no lines |
}
