package plan

import "time"

// Passing is how a job passes its items to the worker.
type Passing string

// The ways to pass items.
const (
	ByValue     Passing = "by-value"
	ByReference Passing = "by-reference"
	Inline      Passing = "inline"
)

// Children is the type of a job's child executions.
type Children string

// The types of child executions. An Inline job has none.
const (
	Standard Children = "standard"
	Express  Children = "express"
	None     Children = "none"
)

// Role is what a function does in a job.
type Role string

// The roles of functions.
const (
	Worker   Role = "worker"
	JobStart Role = "job start"
	Chunker  Role = "chunker"
	Summary  Role = "summary"
)

// Setup is how a job is set up.
type Setup struct {
	Passing  Passing
	Children Children
	// Batch is how many items a batch or a chunk has at most.
	Batch int
	// BatchBytes is how many bytes a batch has at most, and Overhead how many it has
	// without items.
	BatchBytes, Overhead int
	// MaxConcurrency is how many children run at once at most; 0 leaves it to the
	// service.
	MaxConcurrency int
	// ItemsAtOnce is how many items an invocation of the worker works on at once.
	ItemsAtOnce int
	// Memory (MB) and Timeout are those of the functions.
	Memory  map[Role]int
	Timeout map[Role]time.Duration
	// Reserved is the reserved concurrency of the worker, 0 for none.
	Reserved     int
	Architecture string // x86_64 or arm64
	// LogData is set if histories are logged with their data, Traced if X-Ray traces
	// executions, Once if the worker remembers items that are done.
	LogData, Traced, Once bool
	ExecutionTimeout      time.Duration // 0 for none
}
