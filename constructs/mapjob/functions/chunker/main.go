// Command chunker is the job start that stores the items of an S3 source in chunks,
// for a job that passes its items by reference.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/internal/chunker"
)

func main() {
	lambda.Start(chunker.New())
}
