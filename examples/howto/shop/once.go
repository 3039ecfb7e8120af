package shop

import (
	"time"

	"github.com/mapjob/mapjob/job"
)

// Charged lets an order be charged once in a month, in all executions of a job.
func Charged(table string, options ...job.OnceOption) job.WorkOption {
	id := func(o Order) string { return o.ID }
	return job.Once(table, id, append(options, job.AcrossExecutions(), job.RememberFor(31*24*time.Hour))...)
}
