// Command chunker is the Lambda that stores the items of an S3 source in
// chunks, for a job that hands them over by reference. Package itemsource says
// what a source is.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/job"
)

func main() {
	lambda.Start(job.Start(itemsource.Read))
}
