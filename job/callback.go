package job

import (
	"context"
	"encoding/json"
)

// Callback is the worker of a job whose items are finished by somebody else: a
// bank, a person, a machine. It hands the item's task token on and returns;
// the item ends when whoever has the token answers with Succeed or Fail of
// [github.com/mapjob/mapjob/job/callback.Token], or when its time is up.
//
//	job.Callback(func(ctx context.Context, p Payment, token callback.Token) error {
//		return bank.Order(ctx, p, token)
//	})
//
// The token is a string. A worker that only passes it on may take it as one,
// and has no client of Step Functions in its binary then.
//
// The state machine invokes it (lambda:invoke.waitForTaskToken) with one item:
//
//	{"BatchInput": {"job": {…}, "execution": "arn:…"}, "Items": [{"index": 0, "item": …}], "TaskToken": "…"}
//
// What it answers, null, is read by nobody. Where hand returns an error or
// panics, the invocation fails by the error's name ([Fail], or as [NameOf]
// says), and with it the item; its token is worth nothing after that. The time
// of its context ends a little before the invocation's, so that an error still
// gets out.
func Callback[Item any, Token ~string](hand func(ctx context.Context, item Item, token Token) error) Handler {
	setUpLog()
	return callback[Item, Token](hand)
}

type callback[Item any, Token ~string] func(context.Context, Item, Token) error

// Invoke hands on one item.
func (hand callback[Item, Token]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	const expected = `{"BatchInput": {…}, "Items": [{"index": 0, "item": …}], "TaskToken": "…"}, with one item`
	var task struct{ TaskToken Token }
	if err := decode(payload, &task, expected); err != nil {
		return nil, err
	}
	b, err := readBatch[Item](ctx, payload)
	if err != nil {
		return nil, err
	}
	if len(b.Items) != 1 || task.TaskToken == "" {
		return nil, invalidInput("got %d items and a token of %d characters in %s, expected %s", len(b.Items), len(task.TaskToken), excerpt(payload), expected)
	}
	item := b.Items[0]
	if item.unfit != nil {
		return nil, invalidInput("%v", item.unfit)
	}
	within, info, end := begin(ctx, b.BatchInput.Job, b.BatchInput.Execution)
	defer end()
	info.Index = item.Index
	of := &infoContext{within, info}
	current.Store(&of.info)
	within = of
	if err := inTime(within, func(within context.Context) error { return hand(within, item.Item, task.TaskToken) }); err != nil {
		return nil, asInvocationError(err)
	}
	return json.RawMessage("null"), nil
}
