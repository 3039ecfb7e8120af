package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
)

// manifest is the manifest.json that the ResultWriter of a Distributed Map
// leaves (Step Functions developer guide, "ResultWriter").
type manifest struct {
	DestinationBucket string
	ResultFiles       struct {
		Succeeded []resultFile `json:"SUCCEEDED"`
		Failed    []resultFile `json:"FAILED"`
		Pending   []resultFile `json:"PENDING"`
	}
}

type resultFile struct{ Key string }

// child is a line of a FAILED or PENDING file: a child execution, and in Input
// the batch that it was to do. These files are never flattened.
type child struct {
	Status string
	Input  string
	Error  string
	Cause  string
}

// failure is the name of what the child failed of, and its cause. One that was
// stopped, or ran out of time, names none.
func (c *child) failure() (name, cause string) {
	switch {
	case c.Error != "":
		return c.Error, causeOf(c.Cause)
	case c.Status == "TIMED_OUT":
		return "States.Timeout", cmp.Or(c.Cause, "the child execution's time was up")
	}
	return ErrorAborted, cmp.Or(c.Cause, "the child execution was stopped before it was done")
}

// pending is why a child did nothing that was never started.
func (c *child) pending() (name, cause string) {
	return cmp.Or(c.Error, ErrorNotStarted), causeOf(c.Cause)
}

// outcomes yields one outcome per item that the results speak of.
func (r *summaryRequest) outcomes(ctx context.Context) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		err := r.eachResult(ctx, func(o Outcome) error {
			if err := r.check(&o); err != nil {
				return err
			}
			if !yield(o, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(Outcome{}, err)
		}
	}
}

// eachResult reads the results in the form that they have: a list, or places.
func (r *summaryRequest) eachResult(ctx context.Context, do func(Outcome) error) error {
	if strings.HasPrefix(strings.TrimSpace(string(r.Results)), "[") {
		var list []Outcome
		if err := decode(r.Results, &list, "a list of outcomes"); err != nil {
			return err
		}
		for _, o := range list {
			if err := do(o); err != nil {
				return err
			}
		}
		return nil
	}
	var results place
	if err := decode(r.Results, &results, `{"bucket": …, "prefix": …}`); err != nil {
		return err
	}
	return results.each(ctx, do)
}

// check refuses what is no outcome of an item that the job has, in whatever
// form the results are.
func (r *summaryRequest) check(o *Outcome) error {
	items, known := maxItems, "a job has at most"
	if counted := r.Items.Count; counted != nil {
		items, known = *counted, "the job has"
	}
	switch {
	case !o.isOutcome():
		return invocationError(ErrorInvalidResult, fmt.Sprintf(
			"got %s, expected the outcome of an item, as a worker made with job.Work gives it", excerpt(appendOutcome(nil, o))))
	case o.Index >= items:
		return invocationError(ErrorInvalidResult, fmt.Sprintf(
			"got an outcome of item %d, expected one of items 0 to %d: %s %d", o.Index, items-1, known, items))
	}
	return nil
}

// isOutcome reports whether it says of an item how it ended.
func (o *Outcome) isOutcome() bool {
	return o.Index >= 0 && (o.Status == Succeeded || o.Status == Failed)
}

var errStopped = errors.New("stopped")

// each reads the files of a Map Run, one after the other, as streams.
func (p *place) each(ctx context.Context, do func(Outcome) error) error {
	key := p.Manifest
	if key == "" { // the Map ended early: it did not say where it left its results
		for k, err := range keys(ctx, p.Bucket, p.Prefix+"/") {
			if err != nil {
				return err
			}
			if path.Base(k) == "manifest.json" {
				key = k
			}
		}
	}
	if key == "" {
		return nil // nothing was processed: no Map Run, no results
	}
	var m manifest
	if err := decodeObject(ctx, p.Bucket, key, &m); err != nil {
		return err
	}
	bucket := m.DestinationBucket
	if bucket == "" {
		bucket = p.Bucket
	}
	for _, f := range m.ResultFiles.Succeeded {
		if err := eachOutcome(ctx, bucket, f.Key, do); err != nil {
			return err
		}
	}
	for _, f := range m.ResultFiles.Failed {
		if err := eachChild(ctx, bucket, f.Key, (*child).failure, do); err != nil {
			return err
		}
	}
	for _, f := range m.ResultFiles.Pending {
		if err := eachChild(ctx, bucket, f.Key, (*child).pending, do); err != nil {
			return err
		}
	}
	return nil
}

// eachOutcome reads the lines of workers' answers, and what they say is stored
// elsewhere.
func eachOutcome(ctx context.Context, bucket, key string, do func(Outcome) error) error {
	var o Outcome // one for all lines: decoding makes it escape
	decoder := newLineDecoder()
	return eachLine(ctx, bucket, key, func(line []byte) error {
		o = Outcome{}
		err := decoder.decode(line, &o)
		if err == nil && o.Status == "" {
			var stored storedOutcomes
			if err = json.Unmarshal(line, &stored); err == nil && stored.Outcomes.Bucket != "" {
				return stored.each(ctx, do)
			}
		}
		if err != nil || !o.isOutcome() {
			return invocationError(ErrorInvalidResult, fmt.Sprintf(
				"got %s in s3://%s/%s, expected the outcome of an item, as a worker made with job.Work gives it", excerpt(line), bucket, key))
		}
		return do(o)
	})
}

// each reads the outcomes where they are stored.
func (s *storedOutcomes) each(ctx context.Context, do func(Outcome) error) error {
	if s.Chunk != nil {
		return s.eachOfChunk(ctx, do)
	}
	at := s.Outcomes
	for _, part := range at.Parts {
		if err := eachOutcome(ctx, at.Bucket, at.Prefix+part, do); err != nil {
			return err
		}
	}
	if at.Key == "" {
		return nil
	}
	return eachOutcome(ctx, at.Bucket, at.Key, do)
}

// eachOfChunk reads the outcomes of a chunk, and takes for not done what its
// worker said it had not begun. Are there fewer than that, they are lost: the
// account will not add up, and says so.
func (s *storedOutcomes) eachOfChunk(ctx context.Context, do func(Outcome) error) error {
	c := s.Chunk
	if !c.isValid() {
		text, _ := json.Marshal(s)
		return invocationError(ErrorInvalidResult, fmt.Sprintf("got %s, expected the outcomes of a chunk with its bucket, key, first and count", text))
	}
	known, unknown := make([]bool, c.Count), c.Count
	err := c.eachBest(ctx, &s.Outcomes, func(_ string, o Outcome) error {
		known[o.Index-c.First] = true
		unknown--
		return do(o)
	})
	if err != nil || unknown > s.NotBegun {
		return err
	}
	for i := range known {
		if !known[i] {
			if err := do(notDone(c.First + i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachChild takes every item of a child's batch for failed as the child did.
func eachChild(ctx context.Context, bucket, key string, why func(*child) (name, cause string), do func(Outcome) error) error {
	each := func(c child) error {
		var b batch[json.RawMessage]
		if err := decode([]byte(c.Input), &b, "the batch of a child execution"); err != nil {
			return err
		}
		name, cause := why(&c)
		fail := func(index int, item json.RawMessage) error {
			return do(Outcome{Index: index, Status: Failed, Error: name, Cause: cause, Retryable: true, Item: item})
		}
		if b.Chunk != nil {
			return b.eachOfFailedChunk(ctx, do, fail)
		}
		for _, item := range b.Items {
			if err := fail(item.Index, item.Item); err != nil {
				return err
			}
		}
		return nil
	}
	return eachLine(ctx, bucket, key, func(line []byte) error {
		if line[0] != '[' { // with OutputType JSON the file is one array
			line = slices.Concat([]byte("["), line, []byte("]"))
		}
		var children []child
		if err := json.Unmarshal(line, &children); err != nil {
			return fmt.Errorf("reading s3://%s/%s: %w in %s, expected a child execution", bucket, key, err, excerpt(line))
		}
		for _, c := range children {
			if err := each(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachOfFailedChunk takes the items of a chunk for failed whose outcomes no
// try has stored.
func (b *batch[Item]) eachOfFailedChunk(ctx context.Context, do func(Outcome) error, fail func(index int, item json.RawMessage) error) error {
	c := b.Chunk
	if !c.isValid() {
		text, _ := json.Marshal(c)
		return invalidInput("got the chunk %s of a child execution, expected one with its bucket, key, first and count", text)
	}
	known := make([]bool, c.Count)
	if b.BatchInput.Outcomes != nil {
		err := c.storedBefore(ctx, b.BatchInput.Outcomes, func(_ string, o Outcome) error {
			known[o.Index-c.First] = true
			return do(o)
		})
		if err != nil {
			return err
		}
	}
	for i := range known {
		if !known[i] {
			if err := fail(c.First+i, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// causeOf is the message in a cause that a Lambda function gave as JSON.
func causeOf(cause string) string {
	var lambda struct{ ErrorMessage string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != "" {
		return lambda.ErrorMessage
	}
	return cause
}
