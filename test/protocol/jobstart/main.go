// Command jobstart yields the list in the member list of the execution's input.
package main

import (
	"context"
	"iter"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

type input struct{ List []map[string]any }

func main() {
	lambda.Start(job.Start(func(_ context.Context, in input) iter.Seq2[map[string]any, error] {
		return func(yield func(map[string]any, error) bool) {
			for _, item := range in.List {
				if !yield(item, nil) {
					return
				}
			}
		}
	}))
}
