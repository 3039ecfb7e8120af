package job

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
)

// chunk handles the items of a chunk but for those that an earlier try has
// stored a final outcome of, and answers where the outcomes are.
func (w *worker[Item, Result]) chunk(ctx context.Context, b *batch[Item], info Info) ([]byte, error) {
	c, to := b.Chunk, b.BatchInput.Outcomes
	if !c.isValid() || to == nil {
		text, _ := json.Marshal(b)
		return nil, invalidInput(`got %s, expected {"BatchInput": {"outcomes": {…}, …}, "Chunk": {"bucket": …, "key": …, "first": …, "count": …}}, with a chunk that job.Start stored`, excerpt(text))
	}
	// Lambda may invoke with the same request ID twice, and at the same moment.
	s := &chunkStore{folder: place{Bucket: to.Bucket, Prefix: c.folder(to)}, try: info.RequestID + "-" + rand.Text()[:8]}
	s.answer = storedOutcomes{Chunk: c, Outcomes: s.folder}
	done := make([]bool, c.Count)
	err := c.storedBefore(ctx, to, func(part string, o Outcome) error {
		if o.isFinal() {
			done[o.Index-c.First] = true
			s.answer.count(&o)
		}
		if !slices.Contains(s.answer.Outcomes.Parts, part) {
			s.answer.Outcomes.Parts = append(s.answer.Outcomes.Parts, part)
		}
		return nil
	})
	if err != nil {
		return nil, asInvocationError(err)
	}
	items := make([]indexed[Item], 0, c.Count)
	err = c.eachItem(ctx, func(index int, item []byte) error {
		if index < c.First+c.Count && !done[index-c.First] {
			items = append(items, readItem[Item](ctx, index, item))
		}
		return nil
	})
	if err != nil {
		return nil, asInvocationError(err)
	}

	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { s.follow(ctx, stop); close(stopped) }()
	for _, o := range w.outcomes(ctx, items, info, s) {
		if o.StartedAt == 0 {
			s.answer.count(&o)
			s.answer.NotBegun++
		}
	}
	close(stop)
	<-stopped
	if err := s.store(ctx); err != nil {
		return nil, asInvocationError(fmt.Errorf("the outcomes of the chunk s3://%s/%s: %w", c.Bucket, c.Key, err))
	}
	return json.Marshal([]storedOutcomes{s.answer})
}
