package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/chunk"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/message"
	"github.com/mapjob/mapjob/job/internal/upload"
)

type starter[In, Item any] struct {
	find func(context.Context, In) iter.Seq2[Item, error]
	settings
}

// Start returns the handler of a job start. find looks up the items and yields them
// one by one. In is the input of the execution.
//
// The items of a Distributed job are streamed to S3 as they come, so ten million
// take no more memory than ten. Those of an Inline job are the answer, which has
// room for 245,760 bytes; more fail the job start with [ErrorTooManyItems].
//
// An error that find yields ends the job start. So does a panic of find, and the
// end of its context, a little before the invocation's time is up. The error says
// how many items there were. No item is handled then, and no half-written object
// remains. If items are passed by reference, chunks that were complete
// remain in the results bucket, where nothing reads them: a job start needs no
// permission to delete.
func Start[In, Item any](find func(context.Context, In) iter.Seq2[Item, error], options ...Option) Handler {
	return &starter[In, Item]{find, newSettings(options)}
}

// Invoke answers one invocation.
func (s *starter[In, Item]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return s.invoke(ctx, func(invocation *infoContext) ([]byte, error) { return s.start(invocation, payload) })
}

func (s *starter[In, Item]) start(invocation *infoContext, payload []byte) ([]byte, error) {
	var request protocol.StartRequest
	var in In
	if err := s.decode(invocation, payload, &request, &in); err != nil {
		return nil, err
	}
	var count atomic.Int64 // of the items so far
	answered := make(chan []byte, 1)
	err := contain.InTime(invocation, s.log(), func(ctx context.Context) error {
		answer, err := s.answer(ctx, &request, timely(ctx, s.find(ctx, in)), invocation.info.RequestID, &count)
		answered <- answer
		return err
	})
	if err != nil {
		return nil, invocationErrorAfter(count.Load(), "item", err)
	}
	return <-answered, nil
}

func (s *starter[In, Item]) decode(invocation *infoContext, payload []byte, request *protocol.StartRequest, in *In) error {
	if err := message.Decode(payload, request, "a request of the state machine to its job start"); err != nil {
		return err
	}
	if err := message.CheckVersion(request.Version); err != nil {
		return err
	}
	invocation.about(request.Job, request.Execution)
	if len(request.Input) == 0 {
		return nil
	}
	return message.Decode(request.Input, in, fmt.Sprintf("an execution input that fits %T", *in))
}

// answer stores the items at the address in the request, or puts them into the
// answer.
func (s *starter[In, Item]) answer(ctx context.Context, request *protocol.StartRequest, items iter.Seq2[Item, error], requestID string, count *atomic.Int64) ([]byte, error) {
	if request.Items == nil {
		return inline(items, count)
	}
	to := protocol.ItemsOf(*request.Items, requestID)
	var err error
	if request.ChunkSize > 0 {
		err = chunk.Write(ctx, s.store, to, protocol.ChunksOf(to, requestID), request.ChunkSize, items, count)
	} else {
		err = upload.To(ctx, s.store, upload.Target{Object: to}, func(w io.Writer) error { return writeItems(w, items, count) })
	}
	if err != nil {
		return nil, err
	}
	n := int(count.Load())
	return json.Marshal(protocol.StartAnswer{Version: protocol.SentVersion(),
		Items: protocol.Items{Bucket: to.Bucket, Key: to.Key, Count: &n, Chunked: request.ChunkSize > 0}})
}

// timely ends the items with an error when the time of the context is up.
func timely[Item any](ctx context.Context, items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for item, err := range items {
			if err == nil && ctx.Err() != nil {
				err = contain.TimeUp()
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// writeItems writes the items, one a line.
func writeItems[Item any](w io.Writer, items iter.Seq2[Item, error], count *atomic.Int64) error {
	lines := chunk.NewEncoder(w)
	for item, err := range items {
		if err != nil {
			return err
		}
		if err := lines.Encode(item); err != nil {
			return err
		}
		count.Add(1)
	}
	return nil
}

// inline returns an answer that has the items in it.
func inline[Item any](items iter.Seq2[Item, error], count *atomic.Int64) ([]byte, error) {
	start, err := json.Marshal(protocol.StartAnswer{Version: protocol.SentVersion(), Items: []int{}})
	if err != nil {
		return nil, err
	}
	end := len("]}") // of a StartAnswer, whose last member is the list
	answer := bytes.NewBuffer(start[:len(start)-end])
	begin := answer.Len()
	list := chunk.NewEncoder(answer)
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		if answer.Len() > begin {
			answer.WriteByte(',')
		}
		if err := list.Encode(item); err != nil {
			return nil, err
		}
		answer.Truncate(answer.Len() - len("\n"))
		if answer.Len()+end > protocol.MaxAnswer {
			return nil, protocol.Errorf(protocol.ErrorTooManyItems,
				"got one more item, which does not fit into the %d bytes of an Inline job's answer: use Distributed mode", protocol.MaxAnswer)
		}
		count.Add(1)
	}
	answer.WriteString("]}")
	return answer.Bytes(), nil
}
