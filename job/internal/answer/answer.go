package answer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
)

// Of returns the answer to a batch: the outcomes themselves, or if they do not
// fit into a payload the address of the object that has them. Without a folder
// for it, the largest outcomes fail with [protocol.ErrorResultTooLarge], and failed is
// called with each of them.
func Of(ctx context.Context, store *s3object.Store, folder *protocol.Folder, outcomes []protocol.Outcome, failed func(*protocol.Outcome)) ([]byte, error) {
	text := appendAll(nil, outcomes)
	if len(text) <= protocol.MaxAnswer {
		return text, nil
	}
	if folder == nil {
		return shorten(outcomes, failed)
	}
	lines := make([]byte, 0, len(text))
	for i := range outcomes {
		lines = append(Append(lines, &outcomes[i]), '\n')
	}
	stored := protocol.StoredOutcomes{Outcomes: protocol.OutcomesLocation{Bucket: folder.Bucket, Key: folder.Batch(outcomes[0].Index)}}
	if err := store.Put(ctx, stored.Outcomes.Bucket, stored.Outcomes.Key, lines); err != nil {
		return nil, fmt.Errorf("the outcomes of the batch are %d bytes, more than the %d of an answer: %w", len(text), protocol.MaxAnswer, err)
	}
	for i := range outcomes {
		Count(&stored, &outcomes[i])
	}
	return json.Marshal([]protocol.StoredOutcomes{stored})
}

// Count counts an outcome of those that are stored.
func Count(s *protocol.StoredOutcomes, o *protocol.Outcome) {
	if o.Status == protocol.Succeeded {
		s.Succeeded++
	} else {
		s.Failed++
	}
}

// shorten shortens the largest outcomes, one after the other, until the answer
// fits. Those that succeeded fail; those that failed keep their names and lose
// a part of their causes.
func shorten(outcomes []protocol.Outcome, failed func(*protocol.Outcome)) ([]byte, error) {
	sizes := make([]int, len(outcomes))
	bySize := make([]int, len(outcomes))
	total := len("[]") - len(",")
	for i := range outcomes {
		sizes[i], bySize[i] = len(Append(nil, &outcomes[i])), i
		total += sizes[i] + len(",")
	}
	slices.SortStableFunc(bySize, func(i, j int) int { return cmp.Compare(sizes[j], sizes[i]) })
	for _, i := range bySize {
		o := &outcomes[i]
		if o.Status == protocol.Failed {
			ShortenCause(o)
		} else {
			*o = protocol.Outcome{Index: o.Index, Status: protocol.Failed, Error: protocol.ErrorResultTooLarge,
				Cause: fmt.Sprintf("got an outcome of %d bytes, expected one that fits into the %d bytes of an answer: return less, or use Distributed mode, which stores it in the results bucket",
					sizes[i], protocol.MaxAnswer),
				StartedAt: o.StartedAt, Ms: o.Ms}
			failed(o)
		}
		if total += len(Append(nil, o)) - sizes[i]; total <= protocol.MaxAnswer {
			return appendAll(nil, outcomes), nil
		}
	}
	return nil, protocol.Errorf(protocol.ErrorResultTooLarge,
		"the outcomes of %s do not fit into the %d bytes of an answer: make the batches smaller", number.Of(len(outcomes), "item"), protocol.MaxAnswer)
}

// maxResult is the largest result of an item: an outcome, less room for the item and
// the other members.
const maxResult = protocol.MaxOutcome - 1<<20

// bound fails an outcome that the summary could not read.
func bound(o *protocol.Outcome) {
	if len(o.Cause) > maxResult/6 { // as JSON, a byte may take six
		ShortenCause(o)
	}
	if len(o.Output) > maxResult {
		*o = protocol.Outcome{Index: o.Index, Status: protocol.Failed, Error: protocol.ErrorResultTooLarge,
			Cause:     fmt.Sprintf("got a result of %d bytes, expected at most %d: return less, such as the address of an object in S3", len(o.Output), maxResult),
			StartedAt: o.StartedAt, Ms: o.Ms}
	}
}

// maxShortCause is how much remains of a cause that is shortened, in bytes.
const maxShortCause = 1000

// ShortenCause cuts the cause of a failed outcome, and leaves out the item.
func ShortenCause(o *protocol.Outcome) {
	o.Item = nil
	if len(o.Cause) > maxShortCause {
		o.Cause = fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(o.Cause[:maxShortCause], ""), len(o.Cause))
	}
}
