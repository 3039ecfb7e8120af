// Package batch decodes the batches that workers are invoked with.
package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	fast "github.com/go-json-experiment/json/v1"
	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/message"
)

// Batch is a batch whose items are decoded.
type Batch[Item any] struct {
	protocol.Batch[Item]
	Misfits map[int]error // why an item does not fit the type, by its position
}

const expected = `{"BatchInput": {…}, "Items": [{"index": 0, "item": …}, …]}`

// Read decodes a batch. It decodes each item once, in half the time that
// encoding/json takes and by its rules. Only if something does not fit,
// encoding/json decodes the items one by one, so that each has its own error. It
// calls about with the BatchInput before that.
func Read[Item any](ctx context.Context, log *slog.Logger, payload []byte, about func(protocol.BatchInput)) (*Batch[Item], error) {
	const most = 10_000 // an item may have many members "index" of its own
	b := &Batch[Item]{}
	b.Items = make([]protocol.Indexed[Item], 0, min(most, bytes.Count(payload, []byte(`"index":`))))
	if err := contain.Run(ctx, log, func() error { return fast.Unmarshal(payload, &b.Batch) }); err != nil {
		var raw protocol.Batch[json.RawMessage]
		if err := message.Decode(payload, &raw, expected); err != nil {
			return nil, err
		}
		about(raw.BatchInput)
		*b = Batch[Item]{Batch: protocol.Batch[Item]{BatchInput: raw.BatchInput, Chunk: raw.Chunk, TaskToken: raw.TaskToken, RetryCount: raw.RetryCount}}
		for at, text := range raw.Items {
			b.Add(ctx, log, at, text.Index, text.Item)
		}
	}
	about(b.BatchInput)
	if err := message.CheckVersion(b.BatchInput.Version); err != nil {
		return nil, err
	}
	if len(b.Items) == 0 && b.Chunk == nil && !hasItems(payload) {
		return nil, invalid("no Items in %s, expected %s", protocol.Excerpt(payload), expected)
	}
	if !looksWrapped(payload, b.Items) {
		if at, element := firstUnwrapped(payload); at >= 0 {
			return nil, invalid("got %s in place %d of Items, expected %s, as an ItemSelector of the Map wraps each item",
				protocol.Excerpt(element), at, `{"index": …, "item": …}`)
		}
	}
	return b, nil
}

// Add decodes an item and adds it as the one at a position.
func (b *Batch[Item]) Add(ctx context.Context, log *slog.Logger, at, index int, text []byte) {
	item := protocol.Indexed[Item]{Index: index}
	if err := contain.Run(ctx, log, func() error { return json.Unmarshal(text, &item.Item) }); err != nil {
		if b.Misfits == nil {
			b.Misfits = map[int]error{}
		}
		b.Misfits[at] = fmt.Errorf("%w in %s, expected an item that fits %T", err, protocol.Excerpt(text), item.Item)
	}
	b.Items = append(b.Items, item)
}

// hasItems reports whether there is a list of items, which may be empty.
func hasItems(payload []byte) bool {
	var b protocol.Batch[json.RawMessage]
	return json.Unmarshal(payload, &b) == nil && b.Items != nil
}

// KeepItems adds the items, as they came, to the outcomes of those that failed.
func KeepItems(payload []byte, outcomes []protocol.Outcome) error {
	failed := func(o protocol.Outcome) bool { return o.Status != protocol.Succeeded }
	if !slices.ContainsFunc(outcomes, failed) {
		return nil
	}
	var raw protocol.Batch[json.RawMessage]
	if err := message.Decode(payload, &raw, "the same batch again"); err != nil {
		return err
	}
	for i := range outcomes {
		if failed(outcomes[i]) {
			outcomes[i].Item = jsonl.OneLine(raw.Items[i].Item)
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorInvalidInput, format, args...)
}
