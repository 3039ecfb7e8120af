// Command summary accounts for five items, two of which failed, and writes the
// metrics of that as a summary does in Lambda: to standard output.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/mapjob/mapjob/job"
)

func main() {
	summary := job.Summarize(func(context.Context, *job.Summary) error { return nil })
	_, err := summary.Invoke(context.Background(), []byte(`{
		"job": {"name": "Invoicing", "startedAt": "2026-11-24T00:00:00Z"},
		"execution": "arn:aws:states:us-east-1:123456789012:execution:nightly:1",
		"items": {"count": 5},
		"results": [
			{"index": 0, "status": "SUCCEEDED"}, {"index": 1, "status": "FAILED", "error": "InvalidOrder"}, {"index": 2, "status": "SUCCEEDED"},
			{"index": 3, "status": "FAILED", "error": "InvalidOrder"}, {"index": 4, "status": "SUCCEEDED"}
		]
	}`))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
