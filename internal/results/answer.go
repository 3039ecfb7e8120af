package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// A worker's answer may be wrong in any way. The rules:
//
//   - The state machine has checked an answer that is in the results as it is: the
//     answer has one element for each item of the batch, in their order. It wraps
//     every other answer in a [protocol.BatchAnswer], beside the items.
//   - An element that has the index of an item and is not an outcome fails that item
//     with [protocol.ErrorInvalidResult].
//   - An element without an index, or with the index of another batch, is ignored,
//     and the report says so.
//   - If an answer has several outcomes of an item, all are yielded, in their order:
//     the caller counts the first. If several tries of a chunk have stored outcomes
//     of an item, only the one with the highest rank is yielded.
//   - If a BatchAnswer has the items themselves, a failed outcome gets its item from
//     there. Else the item of a failed outcome is known only if the outcome is stored.
//   - One element may be the address of stored outcomes, in the job's folder for
//     them. Such an object has outcomes only.
//   - An item without an outcome is lost: see [IsLost].
//
// In the results of an earlier release's definition, every answer is as it is. There,
// an element that is neither an outcome nor an address ends the reading with an
// error, because it is not known which items are lost.

// IsLost reports whether o stands for an item without an outcome in its worker's
// answer. Such an o has only an index, and the item if that is known.
func IsLost(o *protocol.Outcome) bool { return o.Status == "" }

// reading is the state of reading results.
type reading struct {
	Reader
	ctx     context.Context
	yield   Yield
	decoder decoder
	ignored ignored

	// folder is where workers may store outcomes; nil: anywhere.
	folder *protocol.Folder
}

// ignored counts the ignored parts of answers.
type ignored struct {
	count int
	first string // why the first one was ignored
}

func (i *ignored) add(format string, args ...any) {
	if i.count == 0 {
		i.first = fmt.Sprintf(format, args...)
	}
	i.count++
}

func (i *ignored) String() string {
	switch i.count {
	case 0:
		return ""
	case 1:
		return "1 part of a worker's answer was ignored: " + i.first
	}
	return fmt.Sprintf("%d parts of workers' answers were ignored, the first one: %s", i.count, i.first)
}

// Answer reads the output of a child execution: the list that its worker answered,
// or a list of one [protocol.BatchAnswer].
func (r Reader) Answer(ctx context.Context, answer json.RawMessage, yield Yield) error {
	return (&reading{Reader: r, ctx: ctx, yield: yield}).list(answer, "a worker's answer")
}

// list reads a list of outputs, which stands in a worker's answer or in the results.
func (r *reading) list(text []byte, in string) error {
	list, err := elements(text)
	if err != nil {
		return invalid("got %s, expected a list of outcomes, as a worker made with job.Work answers", protocol.Excerpt(text))
	}
	for _, element := range list {
		if err := r.element(element, in); err != nil {
			return err
		}
	}
	return nil
}

// element reads an element of such a list, or of a SUCCEEDED file.
func (r *reading) element(text []byte, in string) error {
	if o := r.decoder.decode(text); o != nil {
		return r.yield(*o)
	}
	if b := decodeBatchAnswer(text); b != nil {
		return r.batchAnswer(b)
	}
	if s := decodeStored(text); s != nil {
		return r.storedOfUnknown(s)
	}
	if list, err := elements(text); err == nil && len(list) == 0 {
		return nil // a file without results
	}
	return notOutcome(text, in)
}

// notOutcome returns the error of a text without the index of an item.
func notOutcome(text []byte, in string) error {
	return invalid("got %s in %s, expected the outcome of an item, as a worker made with job.Work answers", protocol.Excerpt(text), in)
}

// decodeStored returns the address of stored outcomes in a text; nil if the text is
// anything else.
func decodeStored(text []byte) *protocol.StoredOutcomes {
	var s protocol.StoredOutcomes
	if json.Unmarshal(text, &s) != nil || s.Outcomes.Bucket == "" {
		return nil
	}
	return &s
}

// outcomeKeys returns the keys of the objects with stored outcomes, each once. The
// error is that they are not in the folder for outcomes.
func (r *reading) outcomeKeys(at *protocol.OutcomesLocation) ([]string, error) {
	var keys []string
	for _, part := range at.Parts {
		keys = append(keys, at.Prefix+part)
	}
	if at.Key != "" {
		keys = append(keys, at.Key)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if r.folder == nil {
		return keys, nil
	}
	for _, key := range keys {
		if at.Bucket != r.folder.Bucket || !strings.HasPrefix(key, r.folder.Prefix+"/") {
			return nil, invalid("got outcomes in %s, expected them in the folder %s", address(at.Bucket, key), address(r.folder.Bucket, r.folder.Prefix))
		}
	}
	return keys, nil
}

// storedOfUnknown reads stored outcomes of a worker whose items are not known.
func (r *reading) storedOfUnknown(s *protocol.StoredOutcomes) error {
	keys, err := r.outcomeKeys(&s.Outcomes)
	if err != nil {
		return err
	}
	if s.Chunk == nil {
		for _, key := range keys {
			err := r.eachLine(r.ctx, s.Outcomes.Bucket, key, func(text []byte) error {
				if o := r.decoder.decode(text); o != nil {
					return r.yield(*o)
				}
				return notOutcome(text, address(s.Outcomes.Bucket, key))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if !s.Chunk.IsValid() {
		text, _ := json.Marshal(s)
		return invalid("got %s, expected the outcomes of a chunk with its bucket, key, first and count", text)
	}
	items := &batch{chunk: s.Chunk, seen: make([]bool, s.Chunk.Count)}
	err = r.yieldBest(items, s.Outcomes, func(error) bool { return false })
	if err != nil {
		return err
	}
	if unknown := items.unseen(); unknown <= s.NotBegun {
		return items.eachUnseen(func(index int) error { return r.yield(protocol.NotStarted(index)) })
	}
	return nil // the others are lost: the summary finds them missing
}

// batchAnswer reads a worker's answer to items that are known.
func (r *reading) batchAnswer(b *protocol.BatchAnswer) error {
	items := newBatch(b)
	list, err := elements(b.Answer)
	if err != nil {
		r.ignored.add("got the answer %s to %s, expected a list of outcomes", protocol.Excerpt(b.Answer), items)
	}
	located := false
	for _, text := range list {
		if o := r.decoder.decode(text); o != nil {
			o.Item = nil // only the state machine's is known to be the right one
			if err := r.yieldOf(items, o, "the answer"); err != nil {
				return err
			}
			continue
		}
		s := decodeStored(text)
		switch {
		case s == nil:
			r.ignored.add("got %s in the answer to %s, expected an outcome", protocol.Excerpt(text), items)
			continue
		case located:
			r.ignored.add("got %s in the answer to %s, expected one address of stored outcomes at most", protocol.Excerpt(text), items)
			continue
		}
		located = true
		if err := r.storedOf(items, s); err != nil {
			return err
		}
	}
	return items.eachUnseen(func(index int) error { return r.yield(protocol.Outcome{Index: index, Item: items.items[index]}) })
}

// yieldOf yields an outcome if it is that of one of the items.
func (r *reading) yieldOf(items *batch, o *protocol.Outcome, in string) error {
	if !items.see(o.Index) {
		r.ignored.add("got an outcome of item %d in %s, expected outcomes of %s", o.Index, in, items)
		return nil
	}
	if item, known := items.items[o.Index]; known && o.Status == protocol.Failed {
		o.Item = item
	}
	return r.yield(*o)
}

// storedOf reads stored outcomes of items that are known.
func (r *reading) storedOf(items *batch, s *protocol.StoredOutcomes) error {
	keys, err := r.outcomeKeys(&s.Outcomes)
	if err != nil {
		r.ignored.add("%v", err)
		return nil
	}
	missing := func(err error) bool {
		if !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		r.ignored.add("%v", err)
		return true
	}
	if items.chunk != nil && s.Outcomes.Key == "" {
		if err := r.yieldBest(items, s.Outcomes, missing); err != nil {
			return err
		}
		// If more have no outcome than the worker had not started, some are lost, and
		// it is not known which.
		if items.unseen() <= s.NotBegun {
			return items.eachUnseen(func(index int) error {
				items.see(index)
				return r.yield(protocol.NotStarted(index))
			})
		}
		return nil
	}
	for _, key := range keys {
		in := address(s.Outcomes.Bucket, key)
		err := r.eachLine(r.ctx, s.Outcomes.Bucket, key, func(text []byte) error {
			if o := r.decoder.decode(text); o != nil {
				return r.yieldOf(items, o, in)
			}
			r.ignored.add("got %s in %s, expected an outcome", protocol.Excerpt(text), in)
			return nil
		})
		if err != nil && !missing(err) {
			return err
		}
	}
	return nil
}
