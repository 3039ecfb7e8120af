// Command chunker is the job start that stores the items of an S3 source in chunks,
// for a job that passes its items by reference.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/constructs/mapjob/functions/chunker/internal/source"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job"
)

func main() {
	lambda.Start(job.Start(source.In(s3object.New(nil))))
}
