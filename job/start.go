package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"
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
// job are the answer itself and have to fit into 262,144 bytes.
//
// In is what the execution was started with. An error that find yields ends
// the job start, and no items are left behind.
func Start[In, Item any](find func(context.Context, In) iter.Seq2[Item, error]) Handler {
	setUpLog()
	return &starter[In, Item]{find}
}

// Invoke answers one invocation.
func (s *starter[In, Item]) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
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

	items := s.find(ctx, in)
	if request.Items == nil {
		return inline(items)
	}
	count := 0
	stored := request.Items.of(info.RequestID)
	if request.ChunkSize > 0 {
		err = storeChunks(ctx, &stored, path.Join(path.Dir(stored.Key), "chunks", info.RequestID), request.ChunkSize, items, &count)
	} else {
		err = storeItems(ctx, &stored, items, &count)
	}
	if err != nil {
		return nil, failedAfter(count, err)
	}
	stored.Count, stored.Chunked = &count, request.ChunkSize > 0
	return json.Marshal(startAnswer{Items: stored})
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
func storeItems[Item any](ctx context.Context, to *place, items iter.Seq2[Item, error], count *int) error {
	return upload(ctx, to, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		for item, err := range items {
			if err != nil {
				return err
			}
			if err := lines.Encode(item); err != nil {
				return err
			}
			*count++
		}
		return nil
	})
}

func inline[Item any](items iter.Seq2[Item, error]) ([]byte, error) {
	list, size := []json.RawMessage{}, 0
	for item, err := range items {
		if err != nil {
			return nil, failedAfter(len(list), err)
		}
		text, err := json.Marshal(item)
		if err != nil {
			return nil, failedAfter(len(list), err)
		}
		if size += len(text) + 1; size > maxPayload {
			return nil, invocationError("MapJob.TooManyItems", fmt.Sprintf(
				"got more than %d items, which is more than the %d bytes that an Inline job can hand over: use Distributed mode", len(list), maxPayload))
		}
		list = append(list, text)
	}
	return json.Marshal(startAnswer{Items: list})
}

func failedAfter(count int, err error) error {
	out, ok := errors.AsType[messages.InvokeResponse_Error](asInvocationError(err))
	if ok {
		out.Message = fmt.Sprintf("after %d items: %s", count, out.Message)
	}
	return out
}
