package report_test

import (
	"fmt"
	"os"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

func Example() {
	const total = 3
	var account report.Account
	account.Succeed(0)
	account.Fail(1, "NoLines", "order ORD-2 has no lines")
	account.Succeed(2)
	account.Succeed(2) // a second outcome does not count

	started := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	r := report.Report{
		Job: "Invoicing", Execution: "night-1", StartedAt: started, StoppedAt: started.Add(90 * time.Second),
		Items:  report.Items{Total: total, Succeeded: account.Succeeded, Failed: account.Failed, Missing: account.Missing(total)},
		Errors: account.Errors(), Failures: account.Failures,
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
