package protocol

import (
	"encoding/json"
	"path"
	"time"
)

// Job identifies a job to its functions.
type Job struct {
	Name      string    `json:"name"`
	StartedAt time.Time `json:"startedAt"`         // of the execution
	LogData   bool      `json:"logData,omitempty"` // functions may log items and causes
}

// StartRequest is the payload of a job start.
type StartRequest struct {
	Version   int             `json:"version,omitempty"`
	Job       Job             `json:"job"`
	Execution string          `json:"execution"`           // ARN
	Input     json.RawMessage `json:"input"`               // of the execution; the chunker gets a [SourceDescription]
	Items     *Object         `json:"items,omitempty"`     // where to store the items; nil: in the answer
	ChunkSize int             `json:"chunkSize,omitempty"` // items per chunk; 0: the items are not chunked
}

// StartAnswer is the answer of a job start.
type StartAnswer struct {
	Version int `json:"version,omitempty"`
	Items   any `json:"items"` // [Items], or of an Inline job the list itself
}

// Items is the address of a job's items, and their number if it is known. What a
// job start names has a number: it has stored the items, and nothing overwrites
// them.
type Items struct {
	Bucket  string `json:"bucket,omitempty"`
	Key     string `json:"key,omitempty"`
	Prefix  string `json:"prefix,omitempty"`  // of the keys, if the items are objects
	Count   *int   `json:"count,omitempty"`   // nil: not known
	Chunked bool   `json:"chunked,omitempty"` // the object's lines are addresses of chunks, [Chunk]
}

// Object is the address of an object in S3.
type Object struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// Folder is the address of the objects in S3 whose keys begin with
// Prefix + "/".
type Folder struct {
	Bucket string `json:"bucket"`
	Prefix string `json:"prefix"`
}

// BatchInput travels with every batch.
type BatchInput struct {
	Version   int     `json:"version,omitempty"`
	Job       Job     `json:"job"`
	Execution string  `json:"execution"`           // ARN
	Outcomes  *Folder `json:"outcomes,omitempty"`  // for outcomes that do not fit into an answer; nil: none
	KeepItems bool    `json:"keepItems,omitempty"` // outcomes of failed items carry the item
}

// Batch is the payload of a worker: a list of items, or the address of a chunk of
// them.
type Batch[Item any] struct {
	BatchInput BatchInput      `json:"BatchInput"`
	Items      []Indexed[Item] `json:"Items,omitempty"`
	Chunk      *Chunk          `json:"Chunk,omitempty"`
	TaskToken  string          `json:"TaskToken,omitempty"` // of a job with a Callback, whose batches have one item
	// RetryCount is how often the task of a chunk was retried before, if it is known.
	RetryCount int `json:"RetryCount,omitempty"`
}

// Indexed is an item with its index, counted from 0, by which its outcome is
// accounted.
type Indexed[Item any] struct {
	Index int  `json:"index"`
	Item  Item `json:"item"`
}

// ProcessorInput is the input of the states of a Processor, for one item.
type ProcessorInput struct {
	Index     int             `json:"index"`
	Item      json.RawMessage `json:"item"`
	Job       Job             `json:"job"`
	Execution string          `json:"execution"`
}

// Chunk is the address of items that are stored together: what the Map
// iterates over by reference. Its object has an item in each line.
type Chunk struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	First  int    `json:"first"` // index of the first item
	Count  int    `json:"count"`
}

// MaxChunk is the most items that a chunk may have. Its readers keep a few bytes
// of each in memory.
const MaxChunk = 10_000_000

// IsValid reports whether a chunk can have such an address.
func (c *Chunk) IsValid() bool {
	return c.Bucket != "" && c.Key != "" && c.First >= 0 && c.Count > 0 && c.Count <= MaxChunk && c.First <= MaxItems-c.Count
}

// BatchAnswer is the output of a child execution whose worker's answer the summary
// has to compare with what the worker was given: a chunk, or the items of a batch
// of which the answer does not have one outcome each, in their order. Its first
// member is written by the state machine, so that a worker has no influence on
// which items the answer is about.
type BatchAnswer struct {
	Given  []int                      `json:"given,omitempty"` // indexes of the items of a batch
	Items  []Indexed[json.RawMessage] `json:"items,omitempty"` // in place of Given, if the job keeps items
	Chunk  *Chunk                     `json:"chunk,omitempty"`
	Answer json.RawMessage            `json:"answer"` // of the worker, any JSON
}

// StoredOutcomes is an element of a worker's answer, in place of outcomes that do
// not fit into a payload, or of those of a chunk. Their objects have an [Outcome]
// in each line.
type StoredOutcomes struct {
	Chunk     *Chunk           `json:"chunk,omitempty"`
	Outcomes  OutcomesLocation `json:"outcomes"`
	Succeeded int              `json:"succeeded"`
	Failed    int              `json:"failed"`
	NotBegun  int              `json:"notBegun,omitempty"` // of Failed: items of the chunk that were not started, of which nothing is stored
}

// OutcomesLocation is an object with outcomes, or the parts of a folder.
type OutcomesLocation struct {
	Bucket string   `json:"bucket"`
	Key    string   `json:"key,omitempty"`
	Prefix string   `json:"prefix,omitempty"` // ends with a slash
	Parts  []string `json:"parts,omitempty"`  // keys of the objects without Prefix
}

// SummaryRequest is the payload of a summary.
type SummaryRequest struct {
	Version   int             `json:"version,omitempty"`
	Job       Job             `json:"job"`
	Execution string          `json:"execution"`           // ARN
	Input     json.RawMessage `json:"input"`               // of the execution, without items
	Rerun     *Rerun          `json:"rerun,omitempty"`     // nil: the items are those of the job start or the Source
	Items     Items           `json:"items"`               // of items in the input, only the count
	Results   json.RawMessage `json:"results"`             // [Results], or of an Inline job the list of outcomes
	Report    *Folder         `json:"report,omitempty"`    // nil: no report
	KeptItems bool            `json:"keptItems,omitempty"` // failed outcomes carry their items; else the job has stored the items itself
	Tolerance
}

// Tolerance is how many items of a job may fail. With neither member none may.
type Tolerance struct {
	Percentage *float64 `json:"toleratedFailurePercentage,omitempty"` // 0 to 100
	Count      *int     `json:"toleratedFailureCount,omitempty"`
}

// Results is the location of the results of a Distributed Map.
type Results struct {
	Bucket   string `json:"bucket"`
	Prefix   string `json:"prefix"`
	Manifest string `json:"manifest,omitempty"` // key of a manifest.json of the Map Run, maybe one that a redrive has replaced; none: the Map failed
}

// Outcomes returns the folder in which workers store outcomes. It is beside the
// folder of the results.
func (r *Results) Outcomes() Folder {
	return Folder{Bucket: r.Bucket, Prefix: path.Join(path.Dir(r.Prefix), OutcomesFolder)}
}

// Account is the answer of a summary.
type Account struct {
	Version    int            `json:"version,omitempty"`
	Total      int            `json:"total"`
	Succeeded  int            `json:"succeeded"`
	Failed     int            `json:"failed"`
	Missing    int            `json:"missing"`
	Repeated   int            `json:"repeated,omitempty"`   // outcomes of items that had one already
	Errors     map[string]int `json:"errors"`               // failed items by error name
	Comparison *Comparison    `json:"comparison,omitempty"` // of a rerun
	Report     *Folder        `json:"report,omitempty"`
	Output     any            `json:"output,omitempty"` // what the summary function set
}

// SourceDescription is the input of the chunker: the items of a Source.
type SourceDescription struct {
	Format       string     `json:"format"`
	Bucket       string     `json:"bucket"`
	Key          string     `json:"key,omitempty"`
	Prefix       string     `json:"prefix,omitempty"`
	MaxItems     int        `json:"maxItems,omitempty"`     // 0: all
	ItemsPointer string     `json:"itemsPointer,omitempty"` // JSON Pointer of the array; none: the array is the whole object
	CSV          *CSVLayout `json:"csv,omitempty"`
}

// CSVLayout is how the columns of a CSV object are written.
type CSVLayout struct {
	Headers   []string `json:"headers,omitempty"`   // none: the first row
	Delimiter string   `json:"delimiter,omitempty"` // as ItemReader spells it, such as COMMA
}

// Formats of a source, by the names that ItemReader has for them if it has one.
const (
	FormatJSONLines = "JSONL"
	FormatJSON      = "JSON"
	FormatCSV       = "CSV"
	FormatObjects   = "OBJECTS"   // the objects of a bucket, described by the items
	FormatInventory = "INVENTORY" // the manifest.json of an S3 Inventory
)
