package job

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/results"
	"github.com/mapjob/mapjob/job/internal/batch"
	"github.com/mapjob/mapjob/job/internal/chunk"
	"github.com/mapjob/mapjob/job/internal/random"
)

// chunk handles the items of a chunk, except those that an earlier try has
// stored a final outcome of, and answers with the location of the outcomes.
func (w *worker[Item, Result]) chunk(ctx *infoContext, b *batch.Batch[Item]) ([]byte, error) {
	c, to := b.Chunk, b.BatchInput.Outcomes
	if !c.IsValid() || to == nil {
		text, _ := json.Marshal(b.Batch)
		return nil, invalidInput(`got %s, expected {"BatchInput": {"outcomes": {…}, …}, "Chunk": {"bucket": …, "key": …, "first": …, "count": …}}, with a chunk that job.Start stored`, protocol.Excerpt(text))
	}
	// Lambda may invoke twice with one request ID, and at the same moment.
	try := ctx.info.RequestID + "-" + random.Text(ctx, "chunk", c.Key)[:8]
	outcomes := chunk.NewOutcomes(w.store, c, *to, try)
	final := make([]bool, c.Count)
	err := w.results().Chunk(ctx, *c, *to, func(part string, o protocol.Outcome) error {
		final[o.Index-c.First] = o.IsFinal()
		outcomes.AddStored(part, &o)
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.Items = make([]protocol.Indexed[Item], 0, c.Count)
	err = chunk.EachItem(ctx, w.store, *c, func(index int, item []byte) error {
		if index < c.First+c.Count && !final[index-c.First] {
			b.Add(ctx, w.log(), len(b.Items), index, item)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}

	stop, stopped := make(chan struct{}), make(chan struct{})
	interval := chunk.Interval(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	go func() { outcomes.Follow(ctx, stop, interval, b.RetryCount > 0); close(stopped) }()
	for _, o := range w.outcomes(ctx, b, outcomes.Add, nil) {
		if o.StartedAt == 0 {
			outcomes.AddNotStarted(&o)
		}
	}
	close(stop)
	<-stopped
	if err := outcomes.Store(ctx); err != nil {
		return nil, fmt.Errorf("the outcomes of the chunk s3://%s/%s: %w", c.Bucket, c.Key, err)
	}
	return json.Marshal([]protocol.StoredOutcomes{outcomes.Answer()})
}

// results returns a reader of the results in S3.
func (s *settings) results() results.Reader { return results.Reader{Store: resultStore{s.store}} }
