package job

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// The schema of the table that [Once] keeps its records in. They are the names
// that the idempotency of Powertools for AWS Lambda has, so that one table can
// serve both.
const (
	OnceTableKey    = "id"         // the partition key, a string; there is no sort key
	OnceTableExpiry = "expiration" // the TTL attribute: a number, in seconds of Unix time
)

// OnceOption changes what [Once] remembers.
type OnceOption func(*onceOptions)

type onceOptions struct {
	remember time.Duration
	across   bool // the executions of the job
}

// RememberFor is how long an outcome is known, after which the item would be
// done again. The default is a day. It panics where that is no time at all.
func RememberFor(d time.Duration) OnceOption {
	if d <= 0 {
		panic(fmt.Sprintf("job.RememberFor: got %s, expected a time in which an outcome is known", d))
	}
	return func(o *onceOptions) { o.remember = d }
}

// AcrossExecutions has the executions of a job share their keys: what one has
// done, the next does not do again for as long as it is remembered. What one
// has failed to do, the next does try.
func AcrossExecutions() OnceOption { return func(o *onceOptions) { o.across = true } }

// Once lets a worker do the work of an item once, however often it is
// delivered: Express children run at least once, so a batch may come twice, and
// at the same moment.
//
//	job.Work(invoices.Write, job.Once("Idempotency", func(o Order) string { return o.ID }))
//
// The table is one of DynamoDB ([OnceTableKey], [OnceTableExpiry]), on which
// the function needs dynamodb:GetItem, PutItem and DeleteItem. Before the
// handler sees an item, a record that says so is written under the item's key,
// on the condition that there is none; afterwards the outcome is stored in it.
// That makes two writes an item. A delivery that finds
//
//   - an outcome answers with it, index apart to the letter;
//   - work in progress waits for its outcome, and where its own time is up
//     before that fails the item by the name [ErrorInProgress], as retryable;
//   - work in progress by an invocation whose deadline has passed by a second,
//     which therefore crashed, does the work itself;
//   - an outcome that has expired does the work again. DynamoDB may delete it
//     days later, so the time is looked at here.
//
// An item that succeeded is remembered, and so is one that failed for good. One
// that failed retryably is forgotten, so that the next delivery tries it. (Here
// as with Powertools, what is thrown to be tried again is forgotten and what is
// answered is stored; an item that failed for good is part of an answer.)
//
// A key is one of its execution: the same order in tomorrow's execution is
// other work, unless [AcrossExecutions] says otherwise. Two items of an
// execution with the same key are the same work, which is done for one of them
// and answered for both. What makes them differ belongs into the key.
//
// The result is stored as JSON and has to fit into an item of DynamoDB
// together with its key, 400 KB. One that does not fails its item by the name
// [ErrorResultTooLarge]: put it into S3 and return its address.
//
// The work itself is done once as long as the handler ends when its context
// does, and can end half-way in a crash: what is tried after it has to bear
// with what it finds.
//
// Once panics without a table's name or a key, and Work panics where the key is
// not one of its items.
func Once[Item any](table string, key func(Item) string, options ...OnceOption) WorkOption {
	if table == "" || key == nil {
		panic(fmt.Sprintf("job.Once: got the table %q and a key that is nil: %t, expected the name of a DynamoDB table and a function", table, key == nil))
	}
	chosen := onceOptions{remember: 24 * time.Hour}
	for _, option := range options {
		option(&chosen)
	}
	o := &once[Item]{key, newOnceTable(table, chosen)}
	return func(w *workOptions) { w.guard = o }
}

// guard lets the work of an item be done once. Only [Once] may name the type
// that does: a worker without it has no DynamoDB client in its binary then.
type guard[Item any] interface {
	outcome(ctx context.Context, item Item, work func() Outcome) Outcome
}

func guardOf[Item any](option any) guard[Item] {
	g, ok := option.(guard[Item])
	if !ok {
		panic(fmt.Sprintf("job.Work: got a %T, expected a job.Once whose key is of the worker's items, %v", option, reflect.TypeFor[Item]()))
	}
	return g
}

type once[Item any] struct {
	key   func(Item) string
	table *onceTable
}

func (o *once[Item]) outcome(ctx context.Context, item Item, work func() Outcome) Outcome {
	began := time.Now()
	var key string
	unkeyed := recovered(ctx, func() error {
		if key = o.key(item); key == "" {
			return Fail(ErrorInvalidInput, "got an item without a key, expected one that job.Once can tell it by")
		}
		return nil
	})
	var out Outcome
	if unkeyed != nil {
		out = failedBefore(unkeyed)
	} else {
		out = o.table.outcome(ctx, key, work)
	}
	if out.StartedAt == 0 { // it came to no work
		out.StartedAt, out.Ms = began.UnixMilli(), time.Since(began).Milliseconds()
	}
	return out
}
