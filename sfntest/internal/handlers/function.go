// Package handlers calls the functions of a test that answer invocations and tasks.
package handlers

import (
	"bytes"
	"context"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/handlertrace"
	"github.com/aws/aws-lambda-go/lambda/messages"
)

// Named returns the name and the cause of an error that chooses them itself.
type Named func(err error) (name, cause string, ok bool)

// Function is a handler whose invocations may go on at once, and whose errors may
// choose their names.
type Function struct {
	handler lambda.Handler
	named   Named
	// Package lambda answers from buffers that it has already put back, which is
	// right for one invocation at a time.
	answering sync.Mutex
}

// NewFunction returns a function that a handler answers.
func NewFunction(h lambda.Handler, named Named) *Function { return &Function{handler: h, named: named} }

// Invoke implements [lambda.Handler].
func (f *Function) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	locked := false
	defer func() {
		if locked {
			answer = bytes.Clone(answer)
			f.answering.Unlock()
		}
	}()
	trace := handlertrace.HandlerTrace{ResponseEvent: func(context.Context, any) { // before it is encoded
		f.answering.Lock()
		locked = true
	}}
	answer, err = f.handler.Invoke(handlertrace.NewContext(ctx, trace), payload)
	if name, cause, ok := f.named(err); ok {
		err = messages.InvokeResponse_Error{Type: name, Message: cause}
	}
	return answer, err
}
