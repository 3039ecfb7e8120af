package asl

import "github.com/mapjob/mapjob/internal/expression"

// Fail holds the fields of a Fail state. Either may be nil.
type Fail struct {
	Error *expression.Dynamic
	Cause *expression.Dynamic
}
