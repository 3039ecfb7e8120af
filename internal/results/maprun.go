package results

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Rest describes the items that have no outcome in the results.
type Rest struct {
	Error string // name of the error that they failed with; "" if they are lost
	Cause string
	Gap   string // what the results lack, as a sentence without a period; "" if nothing
}

// MapRun reads the results of a Map Run, one file after the other. Results that
// it can't read are an error. For results that it does not find, Rest has a gap.
func (r Reader) MapRun(ctx context.Context, at protocol.Results, yield Yield) (Rest, error) {
	gap, err := r.mapRun(ctx, at, yield)
	switch {
	case err != nil:
		return Rest{}, err
	case at.Manifest != "":
		return Rest{Gap: gap}, nil
	case gap != "":
		return Rest{Error: protocol.ErrorOutcomeUnknown, Cause: gap, Gap: gap}, nil
	}
	return Rest{Error: protocol.ErrorNotStarted, Cause: causeNotStarted}, nil
}

// mapRun yields the outcomes of a Map Run. It returns what its results lack.
func (r Reader) mapRun(ctx context.Context, at protocol.Results, yield Yield) (gap string, err error) {
	m, outdated, err := r.findManifest(ctx, at)
	if err != nil {
		return "", err
	}
	if m == nil {
		return fmt.Sprintf("the Map left no manifest of its results in %s", address(at.Bucket, at.Prefix+"/")), nil
	}
	for _, f := range m.ResultFiles.Succeeded {
		if err := r.answers(ctx, m.DestinationBucket, f.Key, yield); err != nil {
			return "", err
		}
	}
	if outdated != "" {
		return outdated, nil
	}
	var unknown unknownChildren
	for _, f := range m.ResultFiles.Failed {
		if err := r.children(ctx, m.DestinationBucket, f.Key, Child.failure, &unknown, yield); err != nil {
			return "", err
		}
	}
	for _, f := range m.ResultFiles.Pending {
		if err := r.children(ctx, m.DestinationBucket, f.Key, Child.notStarted, &unknown, yield); err != nil {
			return "", err
		}
	}
	return unknown.gap(), nil
}

// unknownChildren counts child executions that are listed without their input:
// which items they had is not known.
type unknownChildren struct {
	count int
	first Child
}

func (u *unknownChildren) add(c Child) {
	if u.count == 0 {
		u.first = c
	}
	u.count++
}

func (u *unknownChildren) gap() string {
	if u.count == 0 {
		return ""
	}
	first := cmp.Or(u.first.ExecutionArn, "one that was not started")
	return fmt.Sprintf("the Map's results list %d child executions without their input, such as %s, so it is not known which items they had", u.count, first)
}

// answers reads a file of SUCCEEDED, or an object that a worker stored: its
// elements are those of workers' answers.
func (r Reader) answers(ctx context.Context, bucket, key string, yield Yield) error {
	var o protocol.Outcome // one for all lines, because decoding makes it escape
	decoder := jsonl.NewDecoder()
	return r.eachElement(ctx, bucket, key, func(line []byte) error {
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

// element reads an element of an answer, which was decoded as an outcome: it is
// one, or the location of some.
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

// children reads a file of FAILED or PENDING. These files are never flattened:
// each element is a child execution.
func (r Reader) children(ctx context.Context, bucket, key string, why func(Child) (name, cause string), unknown *unknownChildren, yield Yield) error {
	return r.eachElement(ctx, bucket, key, func(element []byte) error {
		var c Child
		if err := json.Unmarshal(element, &c); err != nil {
			return fmt.Errorf("reading %s: %w in %s, expected a child execution", address(bucket, key), err, protocol.Excerpt(element))
		}
		if !c.hasInput() {
			unknown.add(c)
			return nil
		}
		return r.child(ctx, c, why, yield)
	})
}
