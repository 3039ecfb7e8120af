package protocol

import (
	"path"
	"strings"
)

// MemberRerun is the member of an execution's input that makes it a rerun.
const MemberRerun = ControlPrefix + "Rerun"

// Rerun is the member [MemberRerun] of an execution's input. The items of the
// execution are the lines of an object, which are items of an earlier execution of
// the job, in place of those of the job start or the Source.
type Rerun struct {
	Execution string `json:"execution"` // ARN of the earlier execution
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`                 // of JSON Lines, in the job's own folder
	Count     int    `json:"count"`               // of the lines, as in the object's metadata
	BatchSize int    `json:"batchSize,omitempty"` // items per batch or chunk, at most; 0: as in any execution
}

// Items returns the address of the items of a rerun.
func (r *Rerun) Items() Object { return Object{Bucket: r.Bucket, Key: r.Key} }

// MetadataCount is the name of the metadata that an object with the items of a rerun
// has: how many they are. S3 sends it as x-amz-meta-mapjob-count.
const MetadataCount = "mapjob-count"

// ErrorsOf returns the address of the errors that items of a rerun had in the
// earlier execution: an object with a [FailedItem] for each line, in the same order.
func ErrorsOf(items Object) Object {
	ending := path.Ext(items.Key)
	items.Key = strings.TrimSuffix(items.Key, ending) + ".errors" + ending
	return items
}

// FailedItem is a line of the object beside the items of a rerun.
type FailedItem struct {
	Index int    `json:"index"` // in the earlier execution
	Error string `json:"error"` // name
}

// Comparison is what became of the items of a rerun.
type Comparison struct {
	Recovered  int `json:"recovered"`         // succeeded
	SameError  int `json:"sameError"`         // failed with the error that they had
	OtherError int `json:"otherError"`        // failed with another error, or are missing
	Unknown    int `json:"unknown,omitempty"` // failed, and it is not known whether the error is the same
}
