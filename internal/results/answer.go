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

// The answer of a worker may be wrong in any way. The rules:
//
//   - The state machine has compared an answer that is in the results as it is: it
//     has one element for each item that the worker was given, in their order.
//     Every other answer is in a [protocol.BatchAnswer], beside the items.
//   - An element that names an item by its index and is not an outcome fails that
//     item with [protocol.ErrorInvalidResult].
//   - An element that names no item, or one that the worker was not given, is
//     ignored, and the report says so.
//   - Of several outcomes of an item in an answer the first counts, of several
//     tries of a chunk the one with the highest rank.
//   - One element may say where outcomes are stored, in the job's folder for them.
//     Such an object has outcomes only.
//   - An item of which there is no outcome is lost: see [IsLost].
//
// Results of a definition of an earlier release have every answer as it is. An
// element that names no item, and no place of outcomes, then fails the reading:
// which items are lost is not known.

// IsLost reports whether o stands for an item of which its worker's answer has no
// outcome. It has an index only.
func IsLost(o *protocol.Outcome) bool { return o.Status == "" }

// reading is the state of reading results.
type reading struct {
	Reader
	ctx     context.Context
	yield   Yield
	decoder decoder
	ignored ignored

	// folder has the outcomes that workers have stored. If it is nil, they may be
	// anywhere.
	folder *protocol.Folder
}

// ignored counts what is ignored in answers.
type ignored struct {
	count int
	first string
}

func (i *ignored) add(format string, args ...any) {
	if i.count == 0 {
		i.first = fmt.Sprintf(format, args...)
	}
	i.count++
}

func (i *ignored) String() string {
	if i.count == 0 {
		return ""
	}
	return fmt.Sprintf("%d parts of workers' answers were ignored, such as: %s", i.count, i.first)
}

// Answer reads the output of a child execution, a list: the answer of its worker,
// or what the state machine has made of it.
func (r Reader) Answer(ctx context.Context, answer json.RawMessage, yield Yield) error {
	return (&reading{Reader: r, ctx: ctx, yield: yield}).list(answer, "a worker's answer")
}

// list reads the outputs of child executions.
func (r *reading) list(text []byte, in string) error {
	list, err := elements(text)
	if err != nil {
		return invalid("got %s, expected a list of outcomes, as a worker made with job.Work answers", excerpt(text))
	}
	for _, element := range list {
		if err := r.element(element, in); err != nil {
			return err
		}
	}
	return nil
}

// element reads an element of the results of Map Runs and Inline jobs.
func (r *reading) element(text []byte, in string) error {
	if o := r.decoder.decode(text); o != nil {
		return r.yield(*o)
	}
	if b := batchAnswer(text); b != nil {
		return r.batchAnswer(b)
	}
	if s := stored(text); s != nil {
		return r.unchecked(s)
	}
	if list, err := elements(text); err == nil && len(list) == 0 {
		return nil // a file without results
	}
	return notOutcome(text, in)
}

// notOutcome returns the error of a text that names no item.
func notOutcome(text []byte, in string) error {
	return invalid("got %s in %s, expected the outcome of an item, as a worker made with job.Work answers", excerpt(text), in)
}

// stored returns the place of outcomes that an element has; nil if it has none.
func stored(text []byte) *protocol.StoredOutcomes {
	var s protocol.StoredOutcomes
	if json.Unmarshal(text, &s) != nil || s.Outcomes.Bucket == "" {
		return nil
	}
	return &s
}

// objects returns the keys of the objects that have outcomes, each once, or an
// error if they are not in the folder.
func (r *reading) objects(at *protocol.OutcomesLocation) ([]string, error) {
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

// unchecked reads outcomes whose place a worker has answered. Which items the
// worker was given is not known.
func (r *reading) unchecked(s *protocol.StoredOutcomes) error {
	keys, err := r.objects(&s.Outcomes)
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
	err = r.best(items, s.Outcomes, func(error) bool { return false })
	if err != nil {
		return err
	}
	if unknown := items.unseen(); unknown <= s.NotBegun {
		return items.eachUnseen(func(index int) error { return r.yield(protocol.NotStarted(index)) })
	}
	return nil // the others are lost: the account does not add up
}

// batchAnswer reads an answer of which the items are known that it is about.
func (r *reading) batchAnswer(b *protocol.BatchAnswer) error {
	items := newBatch(b)
	list, err := elements(b.Answer)
	if err != nil {
		r.ignored.add("%s of %s, expected a list of outcomes", excerpt(b.Answer), items)
	}
	located := false
	for _, text := range list {
		if o := r.decoder.decode(text); o != nil {
			if err := r.take(items, o, "an answer"); err != nil {
				return err
			}
			continue
		}
		s := stored(text)
		if s == nil || located {
			r.ignored.add("%s in an answer of %s, expected an outcome, or once where outcomes are stored", excerpt(text), items)
			continue
		}
		located = true
		if err := r.located(items, s); err != nil {
			return err
		}
	}
	return items.eachUnseen(func(index int) error { return r.yield(protocol.Outcome{Index: index}) })
}

// take yields an outcome if it is of one of the items.
func (r *reading) take(items *batch, o *protocol.Outcome, in string) error {
	if !items.see(o.Index) {
		r.ignored.add("an outcome of item %d in %s of %s", o.Index, in, items)
		return nil
	}
	return r.yield(*o)
}

// located reads the outcomes of items from where their worker says that it stored
// them.
func (r *reading) located(items *batch, s *protocol.StoredOutcomes) error {
	keys, err := r.objects(&s.Outcomes)
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
		if err := r.best(items, s.Outcomes, missing); err != nil {
			return err
		}
		// If more are missing than the worker had not started, some are lost.
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
				return r.take(items, o, in)
			}
			r.ignored.add("%s in %s, expected an outcome", excerpt(text), in)
			return nil
		})
		if err != nil && !missing(err) {
			return err
		}
	}
	return nil
}
