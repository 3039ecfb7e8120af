package job

import (
	"context"

	"github.com/mapjob/mapjob/job/internal/contain"
)

// invoke returns the answer of an invocation, or an error with a name, also if the
// code that makes the answer panics or ends its goroutine: decoding and encoding
// run methods of the handler's types. Workers with batches do without it, because
// a goroutine for each batch costs several percent of their time; they contain
// panics where they decode items.
func (s *settings) invoke(ctx context.Context, answer func() ([]byte, error)) ([]byte, error) {
	var text []byte
	err := <-contain.InGoroutine(ctx, s.log(), func() (err error) {
		text, err = answer()
		return err
	}, func(error) {})
	if err != nil {
		return nil, invocationError(err)
	}
	return text, nil
}
