package job

import (
	"context"

	"github.com/mapjob/mapjob/job/internal/contain"
)

// invoke returns the answer of an invocation, or an error with a name, also if
// the code that makes the answer panics or ends its goroutine: decoding and
// encoding run methods of the handler's types.
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
