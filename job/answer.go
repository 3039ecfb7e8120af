package job

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxAnswer is the most that a function answers, in bytes: a payload, less
// room for what the Lambda task of Step Functions wraps around it.
const maxAnswer = maxPayload - 16_384

// answer is what the worker of a batch answers: the outcomes themselves, or
// where they do not fit into a payload the object that holds them. Without a
// place for that the largest outcomes fail by name. Nothing is ever cut off.
func (b *batchInput) answer(ctx context.Context, outcomes []Outcome) ([]byte, error) {
	text := appendOutcomes(nil, outcomes)
	if len(text) <= maxAnswer {
		return text, nil
	}
	if b.Outcomes == nil {
		return onlyWhatFits(outcomes)
	}
	lines := make([]byte, 0, len(text))
	for i := range outcomes {
		lines = append(appendOutcome(lines, &outcomes[i]), '\n')
	}
	// The first index is the batch's name: a batch that is done once more
	// writes its outcomes over those of the time before.
	at := place{Bucket: b.Outcomes.Bucket, Key: fmt.Sprintf("%s/%012d.jsonl", b.Outcomes.Prefix, outcomes[0].Index)}
	if err := put(ctx, at.Bucket, at.Key, lines); err != nil {
		return nil, asInvocationError(fmt.Errorf("the outcomes of the batch are %d bytes, more than the %d of an answer: %w", len(text), maxAnswer, err))
	}
	stored := storedOutcomes{Outcomes: at}
	for i := range outcomes {
		stored.count(&outcomes[i])
	}
	return json.Marshal([]storedOutcomes{stored})
}

func (s *storedOutcomes) count(o *Outcome) {
	if o.Status == Succeeded {
		s.Succeeded++
	} else {
		s.Failed++
	}
}

// maxCauseThere is how much of a cause stays of an outcome that has to be
// shorter, in bytes.
const maxCauseThere = 1000

// shortened is a failed outcome by its name, with a shorter cause and without
// the item.
func (o *Outcome) shortened() Outcome {
	short := *o
	short.Item = nil
	if len(o.Cause) > maxCauseThere {
		short.Cause = fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(o.Cause[:maxCauseThere], ""), len(o.Cause))
	}
	return short
}

// onlyWhatFits takes from the largest outcomes, one after the other, until the
// answer fits: those that succeeded fail, and those that failed keep their
// names and lose of their causes.
func onlyWhatFits(outcomes []Outcome) ([]byte, error) {
	sizes := make([]int, len(outcomes))
	bySize := make([]int, len(outcomes))
	total := len("[]") - len(",")
	for i := range outcomes {
		sizes[i], bySize[i] = len(appendOutcome(nil, &outcomes[i])), i
		total += sizes[i] + len(",")
	}
	slices.SortStableFunc(bySize, func(i, j int) int { return cmp.Compare(sizes[j], sizes[i]) })
	for _, i := range bySize {
		o := &outcomes[i]
		if o.Status == Failed {
			*o = o.shortened()
			if total += len(appendOutcome(nil, o)) - sizes[i]; total <= maxAnswer {
				return appendOutcomes(nil, outcomes), nil
			}
			continue
		}
		*o = Outcome{Index: o.Index, Status: Failed, Error: ErrorResultTooLarge, StartedAt: o.StartedAt, Ms: o.Ms, Cause: fmt.Sprintf(
			"got an outcome of %d bytes, expected one that fits into the %d bytes of an answer: return less, or use Distributed mode, which puts it into the results bucket",
			sizes[i], maxAnswer)}
		if total += len(appendOutcome(nil, o)) - sizes[i]; total <= maxAnswer {
			return appendOutcomes(nil, outcomes), nil
		}
	}
	return nil, invocationError(ErrorResultTooLarge, fmt.Sprintf(
		"the outcomes of %d items do not fit into the %d bytes of an answer: make the batches smaller", len(outcomes), maxAnswer))
}

func appendOutcomes(b []byte, outcomes []Outcome) []byte {
	b = slices.Grow(b, 128*len(outcomes))
	b = append(b, '[')
	for i := range outcomes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendOutcome(b, &outcomes[i])
	}
	return append(b, ']')
}

// appendOutcome writes what json.Marshal would, without reading the output
// once more.
func appendOutcome(b []byte, o *Outcome) []byte {
	b = strconv.AppendInt(append(b, `{"index":`...), int64(o.Index), 10)
	b = append(append(append(b, `,"status":"`...), o.Status...), '"')
	if len(o.Output) > 0 {
		b = append(append(b, `,"output":`...), o.Output...)
	}
	if o.Error != "" {
		b = appendString(append(b, `,"error":`...), o.Error)
	}
	if o.Cause != "" {
		b = appendString(append(b, `,"cause":`...), o.Cause)
	}
	if o.Retryable {
		b = append(b, `,"retryable":true`...)
	}
	if len(o.Item) > 0 {
		b = append(append(b, `,"item":`...), o.Item...)
	}
	if o.StartedAt != 0 {
		b = strconv.AppendInt(append(b, `,"startedAt":`...), o.StartedAt, 10)
	}
	if o.Ms != 0 {
		b = strconv.AppendInt(append(b, `,"ms":`...), o.Ms, 10)
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string can always be written
	return append(b, text...)
}
