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
	"slices"
	"strings"

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

// ErrorCount is how many items failed by an error.
type ErrorCount struct {
	Error   string  `json:"error"`
	Count   int     `json:"count"`
	Percent float64 `json:"percent"`           // of the items that did not succeed
	Example string  `json:"example,omitempty"` // cause of one of them
}

// Store opens objects. If there is no such object, the error is fs.ErrNotExist.
type Store interface {
	Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error)
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
	causes, err := examples(ctx, store, folder)
	if err != nil {
		return nil, err
	}
	for i := range f.Errors {
		e := &f.Errors[i]
		e.Percent, e.Example = 100*float64(e.Count)/float64(all), causes[e.Error]
	}
	slices.SortFunc(f.Errors, func(a, b ErrorCount) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Error, b.Error)) })
	return f, nil
}

// Of returns the items of an execution that did not succeed and that a filter chooses. They
// are not counted.
func Of(store Store, execution string, folder *protocol.Folder, filter Filter) *Items {
	return &Items{Execution: execution, Errors: []ErrorCount{}, store: store, items: folder.File(protocol.FailuresFile), filter: filter, search: bytes.ToLower([]byte(filter.Search))}
}

// checkOnly refuses an error that no item has.
func (f *Items) checkOnly(counts map[string]int) error {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range f.filter.Errors {
		if counts[name] == 0 {
			if len(names) == 0 {
				return fmt.Errorf("--error %s: no item of the execution failed", name)
			}
			return fmt.Errorf("--error %s: no item failed with it, expected one of: %s", name, number.Some(names))
		}
	}
	return nil
}

// countFound counts the items again, those that have the text.
func (f *Items) countFound(ctx context.Context) error {
	counts, all := map[string]int{}, 0
	if err := f.eachItem(ctx, 0, func(item Item) error {
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
	err = jsonl.EachLine(object, do)
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
	return f.After(ctx, 0)
}

// After yields the items as [Items.All] does, without those of the first lines of the
// object.
func (f *Items) After(ctx context.Context, lines int) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if err := f.eachItem(ctx, lines, func(item Item) error {
			if !yield(item, nil) {
				return errEnough
			}
			return nil
		}); err != nil && !errors.Is(err, errEnough) {
			yield(Item{}, err)
		}
	}
}

// Scan calls do for each line of the object after the first ones, until it returns false.
// The item is nil if the filter does not choose it.
func (f *Items) Scan(ctx context.Context, after int, do func(line int, item *Item) bool) error {
	line := after
	err := f.each(ctx, after, func(item *Item) error {
		if line++; !do(line, item) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

var errEnough = errors.New("enough")

// eachItem calls do with the items that the filter chooses.
func (f *Items) eachItem(ctx context.Context, after int, do func(Item) error) error {
	return f.each(ctx, after, func(item *Item) error {
		if item == nil {
			return nil
		}
		return do(*item)
	})
}

// each reads the items and their errors side by side. It calls do for each line after the
// first ones, without an item if the filter does not choose it.
func (f *Items) each(ctx context.Context, after int, do func(*Item) error) error {
	errorsAt := protocol.ErrorsOf(f.items)
	next, stop := iter.Pull2(lines(ctx, f.store, errorsAt))
	defer stop()
	n, known := 0, true
	return eachLine(ctx, f.store, f.items, func(item []byte) error {
		failed := protocol.FailedItem{Index: n, Error: unknownError}
		n++
		if known {
			line, err, ok := next()
			switch {
			case n == 1 && errors.Is(err, fs.ErrNotExist):
				known = false
			case err != nil:
				return err
			case !ok:
				return fmt.Errorf("reading s3://%s/%s: got an error for each of %d items, expected one for each line of %s", errorsAt.Bucket, errorsAt.Key, n-1, f.items.Key)
			case n <= after:
			default:
				if failed, err = failedItem(errorsAt, line); err != nil {
					return err
				}
			}
		}
		if n <= after {
			return nil
		}
		if !f.wants(failed.Error) || len(f.search) > 0 && !bytes.Contains(bytes.ToLower(item), f.search) {
			return do(nil)
		}
		if !json.Valid(item) {
			return fmt.Errorf("reading s3://%s/%s: got text that is not JSON in item %d, expected one JSON value in each line: %s", f.items.Bucket, f.items.Key, failed.Index, protocol.Excerpt(item))
		}
		return do(&Item{Index: failed.Index, Error: failed.Error, Item: item})
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

func lines(ctx context.Context, store Store, at protocol.Object) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := eachLine(ctx, store, at, func(line []byte) error {
			if !yield(line, nil) {
				return errEnough
			}
			return nil
		}); err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// examples returns a cause for each error, from the report.
func examples(ctx context.Context, store Store, folder *protocol.Folder) (map[string]string, error) {
	object, err := store.Open(ctx, folder.File(protocol.ReportJSON))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer object.Close()
	var r report.Report
	if err := json.NewDecoder(jsonl.Allow(object, jsonl.MaxDocument)).Decode(&r); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	examples := map[string]string{}
	for _, e := range r.Errors {
		examples[e.Name] = protocol.CauseMessage(e.Example)
	}
	return examples, nil
}
