package job

import (
	"encoding/json"
	"time"

	"github.com/mapjob/mapjob/job/report"
)

// What the state machine and the functions say to each other. The definition
// in constructs/mapjob is the other side of it.

type jobData struct {
	Name      string    `json:"name"`
	StartedAt time.Time `json:"startedAt"`
}

// place is an object in S3, or with a prefix the folder of one.
type place struct {
	Bucket   string `json:"bucket"`
	Key      string `json:"key,omitempty"`
	Prefix   string `json:"prefix,omitempty"`
	Manifest string `json:"manifest,omitempty"` // the key of a Map Run's manifest.json
	Count    *int   `json:"count,omitempty"`    // how many items the object holds, where that is known
	Chunked  bool   `json:"chunked,omitempty"`  // the object holds the addresses of chunks of the items

	Parts []string `json:"parts,omitempty"` // the objects of the folder, without the prefix
}

type startRequest struct {
	Job       jobData         `json:"job"`
	Execution string          `json:"execution"`
	Input     json.RawMessage `json:"input"`
	Items     *place          `json:"items"`     // where to put the items; nil: into the answer
	ChunkSize int             `json:"chunkSize"` // how many items are stored together; 0: items are not chunked
}

type startAnswer struct {
	Items any `json:"items"` // a place, or the list itself
}

// batch is what a worker is invoked with.
type batch[Item any] struct {
	BatchInput batchInput      `json:"BatchInput"`
	Items      []indexed[Item] `json:"Items"`
	Chunk      *chunk          `json:"Chunk,omitempty"` // in place of Items, by reference
}

// batchInput goes along with every batch.
type batchInput struct {
	Job       jobData `json:"job"`
	Execution string  `json:"execution"`
	Outcomes  *place  `json:"outcomes"`  // the folder for outcomes that do not fit into an answer; nil: there is none
	KeepItems bool    `json:"keepItems"` // outcomes of items that failed take the item along
}

type indexed[Item any] struct {
	Index int  `json:"index"`
	Item  Item `json:"item"`

	unfit error // why the item is not an Item
}

// storedOutcomes is the one element of a worker's answer, and the line of the
// results, that stands for outcomes which did not fit into a payload, or are
// those of a chunk. The object, or the parts of the folder, hold them whole, as
// lines of the same form that results have.
type storedOutcomes struct {
	Chunk     *chunk `json:"chunk,omitempty"`
	Outcomes  place  `json:"outcomes"`
	Succeeded int    `json:"succeeded"`
	Failed    int    `json:"failed"`
	NotBegun  int    `json:"notBegun,omitempty"` // items of the chunk among the failed that nothing is stored of: their turn did not come
}

type summaryRequest struct {
	Job       jobData         `json:"job"`
	Execution string          `json:"execution"`
	Input     json.RawMessage `json:"input"`
	Items     place           `json:"items"`   // where they are; of an Inline job only how many
	Results   json.RawMessage `json:"results"` // a place, or the list itself
	Report    *place          `json:"report"`
	KeptItems bool            `json:"keptItems"` // failed outcomes have their items; else the items can be read once more
	report.Tolerance
}

// maxItems is how many items a job may have (Step Functions developer guide,
// "ItemReader", has the same for what a Map reads).
const maxItems = 100_000_000

// Status of an item.
type Status string

const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// Outcome is what became of one item: an element of a worker's answer, and a
// line of a job's results.
type Outcome struct {
	Index     int             `json:"index"`
	Status    Status          `json:"status"`
	Output    json.RawMessage `json:"output,omitempty"` // what the worker returned
	Error     string          `json:"error,omitempty"`  // the error's name
	Cause     string          `json:"cause,omitempty"`
	Retryable bool            `json:"retryable,omitempty"` // another try may go well
	Item      json.RawMessage `json:"item,omitempty"`      // the item, where it failed and nobody could look it up by its index
	StartedAt int64           `json:"startedAt,omitempty"` // when the item's turn came, in milliseconds of Unix time; 0: it did not
	Ms        int64           `json:"ms,omitempty"`        // how long it took, all tries together, in milliseconds
}

// Decode reads the worker's result of an item that succeeded.
func (o *Outcome) Decode(result any) error { return json.Unmarshal(o.Output, result) }
