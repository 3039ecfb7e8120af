// Package rounds lets items fail in some executions and succeed in others.
package rounds

import (
	"context"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/job"
)

// Error returns the name of the error with which an item fails in the execution of a
// handler's context, or "". The item has the names for all executions, as "A||B", or a
// key that has them after "=". The execution's name ends with "-round-" and the number
// of one.
func Error(ctx context.Context, names, key any) string {
	list, _ := names.(string)
	if key, ok := key.(string); ok {
		_, list, _ = strings.Cut(key, "=")
	}
	_, number, _ := strings.Cut(job.InfoOf(ctx).Execution, "-round-")
	n, err := strconv.Atoi(number)
	if each := strings.Split(list, "|"); err == nil && n < len(each) {
		return each[n]
	}
	return ""
}
