package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"sync/atomic"
)

// maxPayload is the most that Step Functions hands from one state to the next,
// in bytes of UTF-8 ("Service quotas", Task, state, and execution payload).
const maxPayload = 262_144

type starter[In, Item any] struct {
	find func(context.Context, In) iter.Seq2[Item, error]
}

// Start is the job start: find looks up what there is to do and yields it, one
// item after the other. The items of a Distributed job are streamed to S3 as
// they come, so ten million take no more memory than ten. Those of an Inline
// job are the answer itself, which has to fit into 245,760 bytes.
//
// In is what the execution was started with. An error that find yields ends
// the job start, and so does a panic of find or the end of its time, which comes
// a little before the invocation's; the error says how many items there were by
// then. Nothing is handed over, and no half-written object is left behind. By
// reference, chunks that were whole before stay in the results bucket, where
// nobody reads them: a job start may not delete anything.
func Start[In, Item any](find func(context.Context, In) iter.Seq2[Item, error]) Handler {
	setUpLog()
	return &starter[In, Item]{find}
}

// Invoke answers one invocation.
func (s *starter[In, Item]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var request startRequest
	if err := decode(payload, &request, "a request of the state machine to its job start"); err != nil {
		return nil, err
	}
	var in In
	if len(request.Input) > 0 {
		if err := decode(request.Input, &in, fmt.Sprintf("an execution input that fits %T", in)); err != nil {
			return nil, err
		}
	}
	ctx, info, end := begin(ctx, request.Job, request.Execution)
	defer end()

	var count atomic.Int64 // of the items so far
	answered := make(chan []byte, 1)
	err := inTime(ctx, func(within context.Context) error {
		items := timely(within, s.find(within, in))
		if request.Items == nil {
			answer, err := inline(items, &count)
			answered <- answer
			return err
		}
		stored := request.Items.of(info.RequestID)
		var err error
		if request.ChunkSize > 0 { // what is begun is ended in the time of the invocation itself
			err = storeChunks(ctx, &stored, path.Join(path.Dir(stored.Key), "chunks", info.RequestID), request.ChunkSize, items, &count)
		} else {
			err = storeItems(ctx, &stored, items, &count)
		}
		if err != nil {
			return err
		}
		n := int(count.Load())
		stored.Count, stored.Chunked = &n, request.ChunkSize > 0
		answer, err := json.Marshal(startAnswer{Items: stored})
		answered <- answer
		return err
	})
	if err != nil {
		return nil, failedAfter(count.Load(), "items", err)
	}
	return <-answered, nil
}

// timely ends the items with an error when the time of the context is up.
func timely[Item any](ctx context.Context, items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for item, err := range items {
			if err == nil && ctx.Err() != nil {
				err = timeUp()
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// of is the place of one invocation: where an answer got lost and the job start
// is tried again, both may be at work at once, and each has objects of its own.
func (p *place) of(requestID string) place {
	own := *p
	if requestID != "" {
		ending := path.Ext(p.Key)
		own.Key = strings.TrimSuffix(p.Key, ending) + "-" + requestID + ending
	}
	return own
}

// storeItems streams the items to an object, one a line.
func storeItems[Item any](ctx context.Context, to *place, items iter.Seq2[Item, error], count *atomic.Int64) error {
	return upload(ctx, to, func(w io.Writer) error {
		lines := itemEncoder(w)
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
	})
}

// itemEncoder writes items, one a line, as they are: escaped for HTML, of which
// there is none, they would be longer.
func itemEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// inline is the answer that has the items in it.
func inline[Item any](items iter.Seq2[Item, error], count *atomic.Int64) ([]byte, error) {
	const begin, end = `{"items":[`, `]}`
	answer := bytes.NewBufferString(begin)
	list := itemEncoder(answer)
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		if answer.Len() > len(begin) {
			answer.WriteByte(',')
		}
		if err := list.Encode(item); err != nil {
			return nil, err
		}
		answer.Truncate(answer.Len() - len("\n"))
		if answer.Len()+len(end) > maxAnswer {
			return nil, Fail("MapJob.TooManyItems",
				"got one more, which does not fit into the %d bytes that an Inline job can hand over: use Distributed mode", maxAnswer)
		}
		count.Add(1)
	}
	answer.WriteString(end)
	return answer.Bytes(), nil
}

// failedAfter is the error of an invocation that came so far.
func failedAfter(count int64, of string, err error) error {
	t := tell(err)
	return invocationError(t.name, fmt.Sprintf("after %d %s: %s", count, of, t.message))
}
