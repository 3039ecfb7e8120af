package protocol

import (
	"fmt"
	"path"
	"strings"
)

// An execution keeps its objects in a folder of the results bucket named for
// the state machine and the execution:
//
//	STATE-MACHINE/EXECUTION/items-REQUEST.jsonl                         items, or the addresses of their chunks
//	STATE-MACHINE/EXECUTION/chunks/REQUEST/000000000000.jsonl           a chunk, named for its first index
//	STATE-MACHINE/EXECUTION/outcomes/000000000000.jsonl                 outcomes of a batch that are too large for an answer
//	STATE-MACHINE/EXECUTION/outcomes/000000000000/TRY-0000.jsonl        outcomes of a chunk, in parts
//	STATE-MACHINE/EXECUTION/results/MAP-RUN/manifest.json, …            what the Map's ResultWriter writes
//	STATE-MACHINE/EXECUTION/results/MAP-RUN/Redrive-1/manifest.json, …  what it writes after a redrive
//	STATE-MACHINE/EXECUTION/report/report.md, .html, .json
//	STATE-MACHINE/EXECUTION/report/failures.jsonl, failures.errors.jsonl
//	STATE-MACHINE/EXECUTION/reruns/NAME.jsonl, NAME.errors.jsonl        some of its failed items, for a rerun

// Names of files and folders in an execution's folder.
const (
	ItemsFile      = "items.jsonl"
	ChunksFolder   = "chunks"
	OutcomesFolder = "outcomes"
	ResultsFolder  = "results"
	ReportFolder   = "report"
	RerunsFolder   = "reruns"
	ManifestFile   = "manifest.json"
)

// Names of files in a report's folder.
const (
	ReportMarkdown     = "report.md"
	ReportHTML         = "report.html"
	ReportJSON         = "report.json"
	FailuresFile       = "failures.jsonl"        // items that did not succeed, as items of another execution
	ResultsFile        = "results.jsonl"         // of mapjob run: the outcomes
	FailuresErrorsFile = "failures.errors.jsonl" // their errors, see [ErrorsOf]
)

// ItemsOf returns the address of the items that one invocation of a job start
// stores. If an answer is lost, two invocations may run at once.
func ItemsOf(at Object, requestID string) Object {
	if requestID != "" {
		ending := path.Ext(at.Key)
		at.Key = strings.TrimSuffix(at.Key, ending) + "-" + requestID + ending
	}
	return at
}

// ChunksOf returns the address of the folder of chunks that one invocation of a
// job start stores, for the items at an address.
func ChunksOf(items Object, requestID string) Folder {
	return Folder{Bucket: items.Bucket, Prefix: path.Join(path.Dir(items.Key), ChunksFolder, requestID)}
}

// Chunk returns the key of the chunk whose first item has an index.
func (f Folder) Chunk(first int) string { return f.byIndex(first) + ".jsonl" }

// Batch returns the key of the outcomes of the batch whose first item has an
// index. A batch that is delivered again replaces the outcomes of an earlier
// delivery.
func (f Folder) Batch(first int) string { return f.byIndex(first) + ".jsonl" }

// ChunkOutcomes returns the location, without parts, of the outcomes of all tries
// of a chunk.
func (f Folder) ChunkOutcomes(first int) OutcomesLocation {
	return OutcomesLocation{Bucket: f.Bucket, Prefix: f.byIndex(first) + "/"}
}

// byIndex pads an index so that keys sort as numbers do.
func (f Folder) byIndex(index int) string { return fmt.Sprintf("%s/%012d", f.Prefix, index) }

// File returns the address of a file in the folder.
func (f Folder) File(name string) Object { return Object{Bucket: f.Bucket, Key: f.Prefix + "/" + name} }

// Part returns the name of the n-th part that a try has stored of a chunk's
// outcomes.
func Part(try string, n int) string { return fmt.Sprintf("%s-%04d.jsonl", try, n) }

// TryOf returns the try that has stored a part.
func TryOf(part string) string { return part[:max(0, strings.LastIndexByte(part, '-'))] }
