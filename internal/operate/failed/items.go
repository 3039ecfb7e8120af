// Package failed reads the items of an execution that did not succeed, as its report
// stores them.
package failed

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/report"
)

// Item is an item that did not succeed.
type Item struct {
	Index int             `json:"index"`
	Error string          `json:"error"`
	Item  json.RawMessage `json:"item"`
}

// ErrorCount is how many items failed by an error. Of a search it has neither times nor an example:
// the report has those of all items with that error.
type ErrorCount struct {
	Error   string     `json:"error"`
	Count   int        `json:"count"`
	Percent float64    `json:"percent"`           // of the items that did not succeed
	First   *time.Time `json:"first,omitempty"`   // when the first of them ended; nil if that is not known
	Last    *time.Time `json:"last,omitempty"`    // when the last of them ended
	NoTimes string     `json:"noTimes,omitempty"` // why no time is known
	Example string     `json:"example,omitempty"` // cause of one of them
}

// Store opens objects. If there is no such object, the error is fs.ErrNotExist.
type Store interface {
	Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error)
	// OpenAt opens an object after its first bytes. If it has no more, the reader is empty.
	OpenAt(ctx context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error)
}

// Filter chooses failed items.
type Filter struct {
	Errors []string // items that failed with one of these; none: any
	Search string   // items whose JSON has this text, in upper or lower case; "": any
}

// Flags returns the flags of a command that chooses the same items. A value that begins as a
// flag does is in one word with its flag: the command would take it for another one.
func (f Filter) Flags() (words []string) {
	add := func(flag, value string) {
		if strings.HasPrefix(value, "-") {
			words = append(words, flag+"="+value)
			return
		}
		words = append(words, flag, value)
	}
	for _, name := range f.Errors {
		add("--error", name)
	}
	if f.Search != "" {
		add("--search", f.Search)
	}
	return words
}

// Items are the items of an execution that did not succeed.
type Items struct {
	Execution string       `json:"execution"`
	Count     int          `json:"count"`
	Errors    []ErrorCount `json:"errors"` // most frequent first
	// Unknown is how many items did not succeed and are not stored.
	Unknown int `json:"unknown,omitempty"`

	store  Store
	items  protocol.Object
	filter Filter
	search []byte // in lower case
}

// unknownError stands for the error of an item that is not stored beside it.
const unknownError = protocol.ErrorOutcomeUnknown

// Count counts the items of an execution that did not succeed, by error. The report in
// the folder lists them, and unsuccessful is how many there are. It counts those that the
// filter chooses.
func Count(ctx context.Context, store Store, execution string, folder *protocol.Folder, unsuccessful int, filter Filter) (*Items, error) {
	f := Of(store, execution, folder, filter)
	if unsuccessful == 0 {
		return f, f.checkOnly(nil)
	}
	counts, err := f.count(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.checkOnly(counts); err != nil {
		return nil, err
	}
	all := 0
	for name, n := range counts {
		all += n
		if f.wants(name) {
			f.Count += n
			f.Errors = append(f.Errors, ErrorCount{Error: name, Count: n})
		}
	}
	if filter.Search != "" {
		if err := f.countFound(ctx); err != nil {
			return nil, err
		}
	}
	if len(filter.Errors) == 0 {
		f.Unknown = max(0, unsuccessful-all)
	}
	reported, err := reportOf(ctx, store, folder)
	if err != nil {
		return nil, err
	}
	for i := range f.Errors {
		e := &f.Errors[i]
		e.Percent = 100 * float64(e.Count) / float64(all)
		if filter.Search != "" {
			e.NoTimes = "the report has only those of all items with this error"
			continue
		}
		e.describe(reported)
	}
	slices.SortFunc(f.Errors, func(a, b ErrorCount) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Error, b.Error)) })
	return f, nil
}

// Of returns the items of an execution that did not succeed and that a filter chooses. They
// are not counted.
func Of(store Store, execution string, folder *protocol.Folder, filter Filter) *Items {
	return &Items{Execution: execution, Errors: []ErrorCount{}, store: store, items: folder.File(protocol.FailuresFile), filter: filter, search: bytes.ToLower([]byte(filter.Search))}
}

// NoSuchErrorError is returned for a filter that names an error which no item has.
type NoSuchErrorError struct {
	Name  string
	Known []string // the errors that items have
}

func (e *NoSuchErrorError) Error() string { return "--error " + e.Name + ": " + e.Reason() }

// Reason says what is wrong, without the flag of the command.
func (e *NoSuchErrorError) Reason() string {
	if len(e.Known) == 0 {
		return "no item of the execution failed"
	}
	return "no item failed with it, expected one of: " + number.Some(e.Known)
}

// checkOnly refuses an error that no item has.
func (f *Items) checkOnly(counts map[string]int) error {
	for _, name := range f.filter.Errors {
		if counts[name] == 0 {
			return &NoSuchErrorError{name, slices.Sorted(maps.Keys(counts))}
		}
	}
	return nil
}

// countFound counts the items again, those that have the text.
func (f *Items) countFound(ctx context.Context) error {
	counts, all := map[string]int{}, 0
	if err := f.eachItem(ctx, func(item Item) error {
		counts[item.Error]++
		all++
		return nil
	}); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.Count, f.Errors = all, []ErrorCount{}
	for name, n := range counts {
		f.Errors = append(f.Errors, ErrorCount{Error: name, Count: n})
	}
	return nil
}

func (f *Items) wants(name string) bool {
	return len(f.filter.Errors) == 0 || slices.Contains(f.filter.Errors, name)
}

// count counts the items by error. It keeps each error's name once.
func (f *Items) count(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	errorsAt := protocol.ErrorsOf(f.items)
	err := eachLine(ctx, f.store, errorsAt, func(line []byte) error {
		failed, err := failedItem(errorsAt, line)
		counts[failed.Error]++
		return err
	})
	if errors.Is(err, fs.ErrNotExist) { // of an earlier release, whose summaries do not store errors
		err = eachLine(ctx, f.store, f.items, func([]byte) error {
			counts[unknownError]++
			return nil
		})
	}
	if errors.Is(err, fs.ErrNotExist) { // no item is known
		return counts, nil
	}
	return counts, err
}

func failedItem(at protocol.Object, line []byte) (failed protocol.FailedItem, err error) {
	if err := json.Unmarshal(line, &failed); err != nil {
		return failed, fmt.Errorf("reading s3://%s/%s: %w in %s, expected an index and an error", at.Bucket, at.Key, err, protocol.Excerpt(line))
	}
	return failed, nil
}

func eachLine(ctx context.Context, store Store, at protocol.Object, do func(line []byte) error) error {
	object, err := store.Open(ctx, at)
	if err != nil {
		return err
	}
	defer object.Close()
	return named(at, jsonl.EachLine(object, do))
}

// named adds the address of an object to the error of a line that is too long.
func named(at protocol.Object, err error) error {
	if long, ok := errors.AsType[*jsonl.LongLineError](err); ok {
		return fmt.Errorf("reading s3://%s/%s: %w", at.Bucket, at.Key, long)
	}
	return err
}

// At returns where the items are.
func (f *Items) At() protocol.Object { return f.items }

// All yields the items, one at a time, and ends after the first error. An item is valid
// until the next one.
func (f *Items) All(ctx context.Context) iter.Seq2[Item, error] {
	if f.Count == 0 {
		return func(func(Item, error) bool) {}
	}
	return func(yield func(Item, error) bool) {
		if err := f.eachItem(ctx, func(item Item) error {
			if !yield(item, nil) {
				return errEnough
			}
			return nil
		}); err != nil && !errors.Is(err, errEnough) {
			yield(Item{}, err)
		}
	}
}

var errEnough = errors.New("enough")

// eachItem calls do with the items that the filter chooses.
func (f *Items) eachItem(ctx context.Context, do func(Item) error) error {
	return f.each(ctx, Place{}, func(_ Place, item *Item) error {
		if item == nil {
			return nil
		}
		return do(*item)
	})
}

// ErrorAt returns the stored error of an item by its number in a list of failed items; nil
// if none is stored.
func ErrorAt(ctx context.Context, store Store, items protocol.Object, number int) (found *protocol.FailedItem, err error) {
	at, n := protocol.ErrorsOf(items), 0
	err = eachLine(ctx, store, at, func(line []byte) error {
		if n++; n <= number {
			return nil
		}
		failed, err := failedItem(at, line)
		if err != nil {
			return err
		}
		found = &failed
		return errEnough
	})
	if errors.Is(err, errEnough) || errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return found, err
}

// reportOf returns what the report says of each error.
func reportOf(ctx context.Context, store Store, folder *protocol.Folder) (map[string]report.ErrorCount, error) {
	at := folder.File(protocol.ReportJSON)
	object, err := store.Open(ctx, at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer object.Close()
	var r report.Report
	if err := json.NewDecoder(jsonl.Allow(object, jsonl.MaxDocument)).Decode(&r); err != nil {
		return nil, fmt.Errorf("reading s3://%s/%s: %w, expected the report of a summary", at.Bucket, at.Key, err)
	}
	reported := map[string]report.ErrorCount{}
	for _, e := range r.Errors {
		reported[e.Name] = e
	}
	return reported, nil
}

// describe adds what a report says of an error.
func (e *ErrorCount) describe(reported map[string]report.ErrorCount) {
	of, known := reported[e.Error]
	e.Example, e.First, e.Last = protocol.CauseMessage(of.Example), of.First, of.Last
	switch {
	case e.First != nil:
	case e.Error == protocol.ErrorNotStarted:
		e.NoTimes = "the items were not started"
	case reported == nil:
		e.NoTimes = "the execution has no " + protocol.ReportJSON
	case !known:
		e.NoTimes = "the report does not name this error"
	case e.Error == protocol.ErrorDeadline:
		e.NoTimes = "the items were not started, or the worker's answers have no time"
	default:
		e.NoTimes = "neither the worker's answers nor the Map's results have a time"
	}
}
