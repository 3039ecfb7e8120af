package job

import (
	"context"
	"encoding/json"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/contain"
)

// Function returns the handler of a function that is not part of a job, such as
// one that fills a queue. do gets the payload, decoded as package encoding/json
// does, and returns the answer, which becomes JSON.
//
// An error and a panic of do, and the end of its context, a little before the
// invocation's time is up, fail the invocation with the error's name (see
// [NameOf]). [InfoOf] has the request ID only.
func Function[In, Out any](do func(context.Context, In) (Out, error), options ...Option) Handler {
	return &function[In, Out]{do, newSettings(options)}
}

type function[In, Out any] struct {
	do func(context.Context, In) (Out, error)
	settings
}

// Invoke answers one invocation.
func (f *function[In, Out]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f.invoke(ctx, func(invocation *infoContext) ([]byte, error) {
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, invalidInput("%v in %s, expected a payload that fits %T", err, protocol.Excerpt(payload), in)
		}
		answered := make(chan []byte, 1)
		err := contain.InTime(invocation, f.log(), func(ctx context.Context) error {
			out, err := f.do(ctx, in)
			if err != nil {
				return err
			}
			answer, err := json.Marshal(out)
			answered <- answer
			return err
		})
		if err != nil {
			return nil, err
		}
		return <-answered, nil
	})
}
