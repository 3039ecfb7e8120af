package mapjob

import (
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Mode is how the Map runs, and how items get to the workers: [Distributed],
// [ByReference] or [Inline].
type Mode interface {
	// resolve returns the mode with its defaults. itemByItem says that each item
	// has states of its own.
	resolve(itemByItem bool) mode
	validate(found *refusal.Problems)
}

// mode is what the definition needs to know of a Mode.
type mode struct {
	inline, byReference, express bool

	maxConcurrency *float64

	batchSize, batchBytes *float64 // by value

	chunkSize *float64 // by reference
}

// Distributed passes items to child executions, in batches, and gets results
// back the same way: by value. Items and results show in the console. A batch
// takes up to 240 KiB.
type Distributed struct {
	// Children is the type of the child executions.
	// Default: children are Standard executions.
	Children Children

	// MaxConcurrency is how many children run at once, at most: 1 to 10,000.
	// Default: 100 children run at once.
	MaxConcurrency *float64

	// BatchSize is how many items a child gets, at most, and so one invocation
	// of the worker.
	// Default: 100 items; with a Processor or a Callback one.
	BatchSize *float64

	// BatchBytes is how many bytes the items of a batch take, at most.
	// Default: 245,760 bytes, which is the maximum. Step Functions passes 262,144
	// bytes, and a batch has more than its items.
	BatchBytes *float64
}

// ByReference stores the items in chunks in the results bucket and passes the
// address of a chunk to each child execution. Items and results may have any
// size. After a crash, the next try repeats at most 75 GB-seconds of work, which
// are 300 s with 256 MB, not the whole chunk. The functions are the same as for
// Distributed. A Processor and a Callback need the items themselves, and can't be
// used.
//
// The job start stores the chunks. If the items come from a Source, the job creates
// a function that does.
type ByReference struct {
	// Children is the type of the child executions.
	// Default: children are Standard executions.
	Children Children

	// MaxConcurrency is how many children run at once, at most: 1 to 10,000.
	// Default: 100 children run at once.
	MaxConcurrency *float64

	// ChunkSize is how many items a chunk has, at most. A chunk ends earlier if
	// its items would take more than 16 MiB: a worker keeps them in memory.
	// Default: 1,000 items.
	ChunkSize *float64
}

// Inline keeps items and results in the state machine's data and invokes the worker
// once per item. It is for jobs of a few hundred small items: at most 471 with the
// default retries, and at most 240,000 bytes with 250 more for each item. More are
// refused with MapJob.TooManyItems. There are no child executions, and without a
// results bucket there is no report. Failed items can be run again if there are a
// results bucket and a Summary.
type Inline struct {
	// MaxConcurrency is how many workers run at once, at most: 1 to 40.
	// Default: 40 workers run at once.
	MaxConcurrency *float64
}

// Children is the type of child executions.
type Children string

const (
	// StandardChildren run exactly once and stay visible for 90 days.
	StandardChildren Children = "Standard"

	// ExpressChildren cost less for short batches, but may run twice: the worker
	// has to be idempotent. A batch has five minutes for all its attempts.
	ExpressChildren Children = "Express"
)

// Limits of Step Functions ("Service quotas", Map state).
const (
	maxInlineConcurrency      = 40
	maxDistributedConcurrency = 10_000
)

// Defaults.
const (
	defaultConcurrency = 100
	defaultBatchSize   = 100
	defaultChunkSize   = 1000
)

// maxChunkSize keeps the indexes of a chunk readable.
const maxChunkSize = 10_000_000

func (d *Distributed) resolve(itemByItem bool) mode {
	batchSize := float64(defaultBatchSize)
	if itemByItem {
		batchSize = 1
	}
	return mode{
		express:        d.Children == ExpressChildren,
		maxConcurrency: or(d.MaxConcurrency, defaultConcurrency),
		batchSize:      or(d.BatchSize, batchSize),
		batchBytes:     or(d.BatchBytes, protocol.MaxAnswer),
	}
}

func (d *Distributed) validate(found *refusal.Problems) {
	validateChildren(d.Children, d.MaxConcurrency, found)
	found.Whole("Mode.BatchSize", d.BatchSize, 1, protocol.MaxItems)
	found.Whole("Mode.BatchBytes", d.BatchBytes, 1, protocol.MaxAnswer)
}

func (r *ByReference) resolve(bool) mode {
	return mode{
		byReference:    true,
		express:        r.Children == ExpressChildren,
		maxConcurrency: or(r.MaxConcurrency, defaultConcurrency),
		chunkSize:      or(r.ChunkSize, defaultChunkSize),
	}
}

func (r *ByReference) validate(found *refusal.Problems) {
	validateChildren(r.Children, r.MaxConcurrency, found)
	found.Whole("Mode.ChunkSize", r.ChunkSize, 1, maxChunkSize)
}

func (i *Inline) resolve(bool) mode {
	return mode{inline: true, maxConcurrency: or(i.MaxConcurrency, maxInlineConcurrency)}
}

func (i *Inline) validate(found *refusal.Problems) {
	found.Whole("Mode.MaxConcurrency", i.MaxConcurrency, 1, maxInlineConcurrency)
}

func validateChildren(children Children, maxConcurrency *float64, found *refusal.Problems) {
	found.Whole("Mode.MaxConcurrency", maxConcurrency, 1, maxDistributedConcurrency)
	if children != "" && children != StandardChildren && children != ExpressChildren {
		found.Add("Mode.Children: got %q, expected %q or %q", children, StandardChildren, ExpressChildren)
	}
}

// or returns a number, or the default if it is not set.
func or(number *float64, otherwise float64) *float64 {
	if number != nil {
		return number
	}
	return &otherwise
}
