package results

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// MapRun reads the results of a Map Run, one file after the other. It reads
// nothing if the Map ended before there was a Map Run.
func (r Reader) MapRun(ctx context.Context, at protocol.Results, yield Yield) error {
	key, err := r.findManifest(ctx, at)
	if err != nil || key == "" {
		return err
	}
	m, err := r.readManifest(ctx, at.Bucket, key)
	if err != nil {
		return err
	}
	for _, f := range m.ResultFiles.Succeeded {
		if err := r.answers(ctx, m.DestinationBucket, f.Key, yield); err != nil {
			return err
		}
	}
	for _, f := range m.ResultFiles.Failed {
		if err := r.children(ctx, m.DestinationBucket, f.Key, Child.failure, yield); err != nil {
			return err
		}
	}
	for _, f := range m.ResultFiles.Pending {
		if err := r.children(ctx, m.DestinationBucket, f.Key, Child.notStarted, yield); err != nil {
			return err
		}
	}
	return nil
}

// answers reads a file of SUCCEEDED, or an object that a worker stored: an
// element of a worker's answer in each line.
func (r Reader) answers(ctx context.Context, bucket, key string, yield Yield) error {
	var o protocol.Outcome // one for all lines, because decoding makes it escape
	decoder := jsonl.NewDecoder()
	return r.eachLine(ctx, bucket, key, func(line []byte) error {
		o = protocol.Outcome{}
		err := decoder.Decode(line, &o)
		return r.element(ctx, &o, err, line, func() string { return address(bucket, key) }, yield)
	})
}

// Answer reads a worker's answer, a JSON list.
func (r Reader) Answer(ctx context.Context, answer json.RawMessage, yield Yield) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(answer, &elements); err != nil {
		return invalid("got %s, expected a list of outcomes, as a worker made with job.Work answers", protocol.Excerpt(answer))
	}
	for _, element := range elements {
		var o protocol.Outcome
		err := json.Unmarshal(element, &o)
		if err := r.element(ctx, &o, err, element, func() string { return "a worker's answer" }, yield); err != nil {
			return err
		}
	}
	return nil
}

// element takes an element of an answer, which was decoded as an outcome: it is
// one, or says where there are some.
func (r Reader) element(ctx context.Context, o *protocol.Outcome, err error, text []byte, in func() string, yield Yield) error {
	if err == nil && o.Status == "" {
		var stored protocol.StoredOutcomes
		if err = json.Unmarshal(text, &stored); err == nil && stored.Outcomes.Bucket != "" {
			return r.stored(ctx, &stored, yield)
		}
	}
	if err != nil || !o.IsOutcome() {
		return invalid("got %s in %s, expected the outcome of an item, as a worker made with job.Work answers", protocol.Excerpt(text), in())
	}
	return yield(*o)
}

// stored reads outcomes that are not in the answer.
func (r Reader) stored(ctx context.Context, s *protocol.StoredOutcomes, yield Yield) error {
	if s.Chunk != nil {
		return r.storedChunk(ctx, s, yield)
	}
	at := s.Outcomes
	for _, part := range at.Parts {
		if err := r.answers(ctx, at.Bucket, at.Prefix+part, yield); err != nil {
			return err
		}
	}
	if at.Key == "" {
		return nil
	}
	return r.answers(ctx, at.Bucket, at.Key, yield)
}

// children reads a file of FAILED or PENDING: a child execution in each line,
// or with OutputType JSON one array of them. These files are never flattened.
func (r Reader) children(ctx context.Context, bucket, key string, why func(Child) (name, cause string), yield Yield) error {
	return r.eachLine(ctx, bucket, key, func(line []byte) error {
		if line[0] != '[' {
			line = slices.Concat([]byte("["), line, []byte("]"))
		}
		var children []Child
		if err := json.Unmarshal(line, &children); err != nil {
			return fmt.Errorf("reading %s: %w in %s, expected a child execution", address(bucket, key), err, protocol.Excerpt(line))
		}
		for _, c := range children {
			if err := r.child(ctx, c, why, yield); err != nil {
				return err
			}
		}
		return nil
	})
}
