package job

import (
	"context"
	"encoding/json"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/batch"
	"github.com/mapjob/mapjob/job/internal/contain"
)

// Callback returns the handler of a worker whose items are completed later by
// another system: a bank, a person, a machine. pass gives the item and its task
// token to that system and returns. The item ends when the token is answered, as
// package [github.com/mapjob/mapjob/job/callback] does, or when its time is up.
//
//	job.Callback(func(ctx context.Context, p Payment, token callback.Token) error {
//		return bank.Order(ctx, p, token)
//	})
//
// The token is a string. A worker that only passes it on may take it as one.
//
// If pass returns an error or panics, the item fails with the error's name
// ([NameOf]), and its token is not valid any more. The context ends a little before
// the invocation's time is up, so that an error is still reported.
//
// The state machine invokes the function (lambda:invoke.waitForTaskToken) with
// one item, and ignores the answer, null:
//
//	{"BatchInput": {"job": {…}, "execution": "arn:…"}, "Items": [{"index": 0, "item": …}], "TaskToken": "…"}
func Callback[Item any, Token ~string](pass func(ctx context.Context, item Item, token Token) error, options ...Option) Handler {
	return &callback[Item, Token]{pass, newSettings(options)}
}

type callback[Item any, Token ~string] struct {
	pass func(context.Context, Item, Token) error
	settings
}

// Invoke passes on one item.
func (c *callback[Item, Token]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return c.invoke(ctx, func(invocation *infoContext) ([]byte, error) {
		return json.RawMessage("null"), c.handOver(invocation, payload)
	})
}

func (c *callback[Item, Token]) handOver(invocation *infoContext, payload []byte) error {
	b, err := batch.Read[Item](invocation, c.log(), payload, invocation.ofBatch)
	if err != nil {
		return err
	}
	if len(b.Items) != 1 || b.TaskToken == "" {
		return invalidInput("got %s and a token of %s in %s, expected %s", number.Of(len(b.Items), "item"), number.Of(len(b.TaskToken), "character"), protocol.Excerpt(payload),
			`{"BatchInput": {…}, "Items": [{"index": 0, "item": …}], "TaskToken": "…"}, with one item`)
	}
	invocation.info.Index = b.Items[0].Index // of the line about the failure
	if misfit := b.Misfits[0]; misfit != nil {
		return invalidInput("%v", misfit)
	}
	item := b.Items[0]
	return contain.InTime(invocation.info.of(invocation, item.Index), c.log(), func(ctx context.Context) error {
		return c.pass(ctx, item.Item, Token(b.TaskToken))
	})
}
