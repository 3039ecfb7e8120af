package asl

import "github.com/mapjob/mapjob/internal/asl/fields"

// Problems holds all errors in a definition. It is the error of [Parse].
type Problems = fields.Problems
