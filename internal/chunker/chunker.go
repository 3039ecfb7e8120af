package chunker

import (
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job"
)

// New returns the handler of the chunker.
func New(options ...job.Option) job.Handler {
	return job.Start(in(s3object.New(nil)), options...)
}
