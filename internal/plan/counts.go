package plan

import "github.com/mapjob/mapjob/internal/price"

// Counts are what an execution uses. Numbers are whole if no invocation crashes, and
// with a seed.
type Counts struct {
	Children int // child executions
	// Transitions are those of Standard executions, Events those of all histories and
	// ParentEvents those of the execution's own.
	Transitions, Events, ParentEvents float64
	ExpressRequests                   float64
	ExpressGBSeconds                  price.Quantity
	LambdaRequests                    map[Role]float64
	LambdaGBSeconds                   map[Role]price.Quantity

	S3Puts, S3Gets                  float64
	WriteUnits                      float64
	SQSRequests                     float64
	LogBytes, VendedLogBytes        float64
	Traces                          float64
	DurableOperations, DurableBytes float64
}
