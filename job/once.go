package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/once"
	"github.com/mapjob/mapjob/job/internal/random"
)

// The schema of the table that [Once] keeps its records in. The names are those
// of the idempotency of Powertools for AWS Lambda, so that one table can serve
// both.
const (
	OnceTableKey    = once.KeyAttribute    // "id", the partition key, a string; there is no sort key
	OnceTableExpiry = once.ExpiryAttribute // "expiration", the TTL attribute: a number, in seconds of Unix time
)

// OnceOption changes what [Once] remembers, and where.
type OnceOption func(*onceOptions)

type onceOptions struct {
	remember time.Duration
	across   bool // the executions of the job
	client   *dynamodb.Client
}

// RememberFor sets how long an outcome is known. After that time the item is done
// again. Times in the table are whole seconds, so an outcome may expire up to a
// second early. The default is a day. It panics if d is less than a second.
func RememberFor(d time.Duration) OnceOption {
	if d < time.Second {
		panic(fmt.Sprintf("job.RememberFor: got %s, expected at least a second", d))
	}
	return func(o *onceOptions) { o.remember = d }
}

// AcrossExecutions lets all executions of a job share their keys: what one has
// done, the next does not do again for as long as it is remembered. What one
// failed to do, the next tries. All functions of the job share the keys too: if it
// has several workers with Once, give each a table of its own.
func AcrossExecutions() OnceOption { return func(o *onceOptions) { o.across = true } }

// WithDynamoDB sets the client for the table. Default: a client of the default
// AWS configuration, made when it is first needed, that tries a request up to
// ten times.
func WithDynamoDB(client *dynamodb.Client) OnceOption {
	return func(o *onceOptions) { o.client = client }
}

// Once lets a worker do the work of an item once, however often the item is
// delivered: Express children run at least once, so a batch may come twice, even
// at the same moment, and so may a message of a queue.
//
//	job.Work(invoices.Write, job.Once("Idempotency", func(o Order) string { return o.ID }))
//
// The table is a DynamoDB table ([OnceTableKey], [OnceTableExpiry]); the function
// needs dynamodb:GetItem, PutItem and DeleteItem on it. Before the handler gets
// an item, Once writes a record of work in progress under the item's key, on the
// condition that there is none; afterwards it stores the outcome in it. That
// makes two writes per item. A delivery that finds
//
//   - an outcome answers with it, the same except for the index;
//   - work in progress waits for its outcome, and if its own time is up before
//     that, fails the item with [ErrorInProgress], as retryable;
//   - work in progress by an invocation whose deadline passed a second ago, which
//     therefore crashed, does the work itself;
//   - an outcome that has expired does the work again, even if DynamoDB has not
//     deleted it yet.
//
// # What is remembered
//
// Successes, for a day unless [RememberFor] says otherwise, and failures that the
// handler marks with [Final]. All other failures are forgotten: errors, panics and
// timeouts, retryable or not, so that the next delivery does the work. A handler
// that returned no error has done the work. If its result can't be JSON or is too
// large, that failure is remembered too.
//
// A key is known
//
//   - to a [Work] with batches or with chunks, and to one in a Processor: within
//     the execution, for deliveries to the same function. The same order in
//     tomorrow's execution, or in another function's step, is other work. A worker
//     with chunks does not rely on Once when its child is retried: it keeps the
//     outcomes that it has stored in S3, failures that are not retryable included;
//   - to a [Work] with [AcrossExecutions]: within the job, whose functions share
//     the keys. A Final failure is known to its execution only;
//   - to a [Queue]: within the queue. A failed message is done again whenever SQS
//     delivers it, and also after a redrive from the dead-letter queue; one that
//     failed with a Final error fails again without being done.
//
// A [Callback] takes no Once: its item ends by a token, and each try has another.
//
// Two items with the same key are the same work, which is done for one of them and
// answered for both. Include in the key whatever distinguishes them. The key is
// taken before the handler gets the item. A key is UTF-8: other bytes, such as those
// of a hash, fail the item with [ErrorInvalidInput].
//
// The result is stored as JSON and has to fit into an item of DynamoDB together
// with its key, 400 KB. A larger one fails its item with [ErrorResultTooLarge]:
// put it into S3 and return its address.
//
// The work is done once as long as the handler ends when its context does, and
// clocks differ by less than a second. It can still end half-way in a crash, and
// an outcome may get lost if the table fails for the rest of the invocation's
// time, so the handler must tolerate work that a try before has begun.
//
// Once panics without a table's name or a key function, and Work panics if the
// key function is not one of its items.
func Once[Item any](table string, key func(Item) string, options ...OnceOption) WorkOption {
	if table == "" || key == nil {
		panic(fmt.Sprintf("job.Once: got the table %q and a key that is nil: %t, expected the name of a DynamoDB table and a function", table, key == nil))
	}
	chosen := onceOptions{remember: 24 * time.Hour}
	for _, option := range options {
		option(&chosen)
	}
	g := &onceGuard[Item]{key, chosen.across, os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), once.NewTable(table, chosen.remember, chosen.client)}
	return workOption(func(w *workOptions) { w.guard = g })
}

// guard lets the work of an item be done once. Only [Once] may name the type that
// implements it, so that a worker without it has no DynamoDB client in its
// binary.
type guard[Item any] interface {
	outcome(ctx context.Context, s *settings, item Item, work func() (protocol.Outcome, bool)) protocol.Outcome
}

func guardOf[Item any](option any) guard[Item] {
	g, ok := option.(guard[Item])
	if !ok {
		panic(fmt.Sprintf("job.Work: got a %T, expected a job.Once whose key is of the worker's items, %v", option, reflect.TypeFor[Item]()))
	}
	return g
}

type onceGuard[Item any] struct {
	key      func(Item) string
	across   bool
	function string // name of the Lambda function
	table    *once.Table
}

func (g *onceGuard[Item]) outcome(ctx context.Context, s *settings, item Item, work func() (protocol.Outcome, bool)) protocol.Outcome {
	began := s.now()
	o, err := g.do(ctx, s, item, work)
	if err != nil {
		o = notBegun(err)
	}
	if o.StartedAt == 0 {
		o.StartedAt, o.Ms = began.UnixMilli(), s.now().Sub(began).Milliseconds()
	}
	return o
}

func (g *onceGuard[Item]) do(ctx context.Context, s *settings, item Item, work func() (protocol.Outcome, bool)) (protocol.Outcome, error) {
	var key string
	err := contain.Run(ctx, s.log(), func() error {
		if key = g.key(item); key == "" {
			return invalidInput("got an item without a key, expected one that job.Once can identify it by")
		}
		return nil
	})
	if err != nil {
		return protocol.Outcome{}, err
	}
	info := InfoOf(ctx)
	scope, err := g.scope(info)
	if err != nil {
		return protocol.Outcome{}, err
	}
	return g.table.Do(ctx, once.Delivery{Scope: scope, Key: key, Owner: random.Text(ctx, "once", key, strconv.Itoa(info.Index)),
		Execution: info.Execution, Deadline: info.deadline, Log: s.log(), Now: s.now, Work: work})
}

// nameInScope escapes the separator of a scope and its key.
var nameInScope = strings.NewReplacer("%", "%25", "#", "%23")

// scope returns what the key belongs to. The ARN of an execution has no "#".
func (g *onceGuard[Item]) scope(info Info) (string, error) {
	switch {
	case g.across && info.Name != "":
		return nameInScope.Replace(info.Name), nil
	case g.across:
		return "", invalidInput("got a batch without the name of a job, expected one: with job.AcrossExecutions, the keys of job.Once belong to it")
	case info.Execution == "":
		return "", invalidInput("got a batch without the ARN of an execution or a queue, expected one: the keys of job.Once belong to it")
	case info.queue || g.function == "":
		return info.Execution, nil
	}
	return info.Execution + "#" + g.function, nil // an execution may have several workers
}

// notBegun returns the outcome of an item whose work was not begun. Another try
// may succeed, unless the item itself or the request was refused.
func notBegun(err error) protocol.Outcome {
	var raised *protocol.Error
	var http interface{ HTTPStatusCode() int } // of smithy-go's ResponseError
	refused := errors.As(err, &raised) && raised.Name != ErrorInProgress || errors.As(err, &http) && http.HTTPStatusCode()/100 == 4
	why := describe(err)
	return protocol.Outcome{Status: protocol.Failed, Error: why.name, Cause: why.message, Retryable: why.retryable || !refused}
}
