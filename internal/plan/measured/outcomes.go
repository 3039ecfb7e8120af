package measured

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/regular"
)

// short is what an item takes of which the outcome says that it took no millisecond.
const short = time.Millisecond / 2

// readOutcomes reads how the items ended and how long they took.
func (r *Run) readOutcomes(folder string, in *inputs) error {
	file, err := regular.Open(filepath.Join(folder, "results.jsonl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var times []time.Duration
	var spans []span
	var succeeded, bytes int
	if err == nil {
		defer file.Close()
		err = jsonl.EachLine(file, func(line []byte) error {
			var o protocol.Outcome
			if err := json.Unmarshal(line, &o); err != nil {
				return fmt.Errorf("results.jsonl: outcome %d: %w", r.Items+1, err)
			}
			r.Items++
			if o.Status != protocol.Succeeded {
				r.Failed++
			} else {
				succeeded++
				bytes += len(o.Output)
			}
			if o.StartedAt > 0 {
				times = append(times, max(time.Duration(o.Ms)*time.Millisecond, short))
				spans = append(spans, span{o.Index, o.StartedAt, o.StartedAt + o.Ms})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if r.Items == 0 {
		return errors.New("got no outcomes of items, expected some")
	}
	if succeeded > 0 {
		r.ResultBytes = (bytes + succeeded/2) / succeeded
	}
	if len(times) > 0 {
		r.Time = plan.Of(slices.Values(times))
	}
	r.ItemsAtOnce = atOnce(spans, in.firsts)
	return nil
}

// timeOf returns how long children took for each of their items.
func timeOf(children map[string]archive.Execution) plan.Time {
	return plan.Of(iter.Seq[time.Duration](func(yield func(time.Duration) bool) {
		for _, x := range children {
			if x.Items > 0 && !x.Stop.IsZero() && !yield(x.Stop.Sub(x.Start)/time.Duration(x.Items)) {
				return
			}
		}
	}))
}

// span is when an item was under way, in milliseconds. Both ends are rounded down, so
// those of items that follow each other do not overlap.
type span struct {
	index    int
	from, to int64
}

// atOnce returns how many items of a batch were under way at once: the sum of their
// times, divided by the time in which there were any. It is 0 if all were too short to
// tell. The batches begin with the items that have these indexes.
func atOnce(spans []span, firsts []int) float64 {
	if len(firsts) == 0 {
		return 0
	}
	slices.Sort(firsts)
	batchOf := func(s span) int {
		i, found := slices.BinarySearch(firsts, s.index)
		if !found {
			i--
		}
		return i
	}
	slices.SortFunc(spans, func(a, b span) int {
		if by := batchOf(a) - batchOf(b); by != 0 {
			return by
		}
		return int(a.from - b.from)
	})
	var sum, union, end int64
	for i, s := range spans {
		if i == 0 || batchOf(spans[i-1]) != batchOf(s) {
			end = s.from
		}
		sum += s.to - s.from
		union += max(0, s.to-max(s.from, end))
		end = max(end, s.to)
	}
	if union == 0 {
		return 0
	}
	return float64(sum) / float64(union)
}
