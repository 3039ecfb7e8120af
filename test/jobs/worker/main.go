// Command worker gives back its item, unless that says otherwise.
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/test/jobs/rounds"
)

func main() {
	lambda.Start(job.Work(func(ctx context.Context, item map[string]any) (map[string]any, error) {
		if ms, ok := item["ms"].(float64); ok {
			time.Sleep(time.Duration(ms) * time.Millisecond)
		}
		if name := rounds.Error(ctx, item["errors"], item["Key"]); name != "" {
			return nil, job.Errorf(name, "in this round")
		}
		if item["die"] == true {
			os.Exit(1)
		}
		repeat, _ := item["repeat"].(float64)
		if item["fail"] == true || item["fail"] == "yes" {
			return nil, job.Errorf("Refused", "this item was refused%s", strings.Repeat("!", int(repeat)))
		}
		if repeat > 0 {
			return map[string]any{"text": strings.Repeat("x", int(repeat))}, nil
		}
		return item, nil
	}))
}
