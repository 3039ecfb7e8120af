// Command jobstart yields the items of its input.
package main

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

type input struct {
	Do []json.RawMessage `json:"do"`
}

func main() {
	lambda.Start(job.Start(func(_ context.Context, in input) iter.Seq2[json.RawMessage, error] {
		return func(yield func(json.RawMessage, error) bool) {
			for _, item := range in.Do {
				if !yield(item, nil) {
					return
				}
			}
		}
	}))
}
