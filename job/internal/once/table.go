// Package once does work once per key, with a record of it in a DynamoDB table.
package once

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/job/internal/contain"
	"github.com/mapjob/mapjob/job/internal/logline"
)

const (
	// longestInvocation is that of a Lambda function. It applies if the context
	// has no deadline.
	longestInvocation = 15 * time.Minute
	// afterDeadline is how much later an invocation may still be working: Lambda
	// has been seen to end one 0.7 s late, and clocks differ.
	afterDeadline = time.Second
	// firstPoll and longestPoll are the pauses between two checks of work in
	// progress.
	firstPoll   = 50 * time.Millisecond
	longestPoll = time.Second
	// maxAttempts is how often a request is sent.
	maxAttempts = 10
)

// Table keeps the records.
type Table struct {
	Name     string
	Remember time.Duration

	given *dynamodb.Client // nil: the table makes one

	mutex sync.Mutex
	made  *dynamodb.Client
}

// NewTable returns a table. If the client is nil, the table makes one when it is
// first needed, from the configuration of a test run, if there is one, else from the
// default configuration.
func NewTable(name string, remember time.Duration, client *dynamodb.Client) *Table {
	return &Table{Name: name, Remember: remember, given: client}
}

// database returns the client. Only the invocation's time limits the tries of
// one that is made here: if an outcome is not stored, work is done twice.
func (t *Table) database(ctx context.Context) (*dynamodb.Client, error) {
	if t.given != nil {
		return t.given, nil
	}
	if settings, ok := standin.Of[aws.Config](ctx); ok {
		return dynamodb.NewFromConfig(settings, func(o *dynamodb.Options) { o.RetryMaxAttempts = maxAttempts }), nil
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.made == nil {
		settings, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		t.made = dynamodb.NewFromConfig(settings, Retry)
	}
	return t.made, nil
}

// Retry sets how often requests are tried, as clients do that a table makes.
func Retry(o *dynamodb.Options) {
	o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = maxAttempts
		s.RateLimiter = ratelimit.None
		s.Backoff = retry.BackoffDelayerFunc(func(try int, _ error) (time.Duration, error) {
			return contain.Backoff(context.Background(), max(1, try)), nil
		})
	})
}

// Delivery is an item that is delivered, with its work.
type Delivery struct {
	Scope     string    // in which the key is unique
	Key       string    // of the item
	Owner     string    // a name that no other delivery has
	Execution string    // ARN
	Deadline  time.Time // of the invocation; zero: none
	Log       *slog.Logger
	Now       func() time.Time
	Work      func() (o protocol.Outcome, remember bool)
}

// Do claims the key, does the work and stores the outcome; or returns the
// outcome of the delivery that has the key. It returns an error if the work was
// not begun.
func (t *Table) Do(ctx context.Context, d Delivery) (protocol.Outcome, error) {
	r := &record{id: d.Scope + "#" + d.Key, owner: d.Owner, execution: d.Execution, remember: t.Remember}
	if len(r.id) > maxPartitionKey {
		return protocol.Outcome{}, protocol.Errorf(protocol.ErrorInvalidInput,
			"got a key of %d bytes, expected up to %d: return a hash from the key function of job.Once", len(d.Key), maxPartitionKey-len(r.id)+len(d.Key))
	}
	if !utf8.ValidString(r.id) { // the client would write each other byte as U+FFFD: different keys would be one
		return protocol.Outcome{}, protocol.Errorf(protocol.ErrorInvalidInput,
			"got the key %q, expected UTF-8: return it in hexadecimal from the key function of job.Once", d.Key)
	}
	deadline := d.Deadline
	if deadline.IsZero() {
		deadline = d.Now().Add(longestInvocation)
	}
	r.until = deadline.Add(afterDeadline)
	found, err := t.claim(ctx, r, d.Now)
	if err != nil {
		return protocol.Outcome{}, fmt.Errorf("claiming the key %q in the table %s: %w", r.id, t.Name, err)
	}
	if found != nil {
		return *found, nil
	}

	// The handler's time may be up when the work ends. Storing the outcome takes
	// of the time that the invocation keeps for its answer.
	storing, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	t.work(ctx, storing, r, &d)
	return r.outcome, nil
}

// work does the work and stores its outcome, also if the work ends the goroutine.
func (t *Table) work(ctx, storing context.Context, r *record, d *Delivery) {
	began, returned, remember := d.Now(), false, false
	defer func() {
		if !returned {
			r.outcome = protocol.Outcome{Status: protocol.Failed, Error: protocol.ErrorHandlerExited, Cause: contain.Exited().Error(),
				StartedAt: began.UnixMilli(), Ms: d.Now().Sub(began).Milliseconds()}
		}
		err := t.settle(storing, r, remember, d.Now())
		if err != nil && !isConditionFailed(err) { // if another delivery has taken over, nothing waits for this outcome
			d.Log.ErrorContext(ctx, "the outcome is not remembered: the item will be done again if it is delivered again",
				"table", t.Name, "key", logline.Data(r.id), "cause", logline.Data(err.Error()))
		}
	}()
	r.outcome, remember = d.Work()
	returned = true
}

// settle stores the outcome in place of the record of work in progress, or
// deletes that record if another delivery should do the work.
func (t *Table) settle(ctx context.Context, r *record, remember bool, now time.Time) error {
	if !remember {
		return t.forget(ctx, r)
	}
	r.status = final
	if r.outcome.Status == protocol.Succeeded {
		r.status = succeeded
	}
	r.fit()
	return t.put(ctx, r, &record{owner: r.owner, status: inProgress}, now)
}

// claim writes a record of work in progress over one that is free, or returns
// the outcome of the delivery that has done the work.
func (t *Table) claim(ctx context.Context, r *record, now func() time.Time) (*protocol.Outcome, error) {
	r.status = inProgress
	var busy *record // of another delivery
	err := t.put(ctx, r, nil, now())
	for poll := firstPoll; isConditionFailed(err); {
		found, getErr := t.get(ctx, r.id)
		switch {
		case getErr != nil && busy != nil && ctx.Err() != nil:
			return nil, busy.inProgressError()
		case getErr != nil:
			return nil, getErr
		case found == nil: // it was forgotten in the meantime
			err = t.put(ctx, r, nil, now())
		case found.owner == r.owner: // the answer to the put was lost, and the SDK sent it again
			return nil, nil
		case found.isFree(now(), r.execution):
			err = t.put(ctx, r, found, now())
		case found.status != inProgress:
			return &found.outcome, nil
		default:
			busy = found
			if !contain.Sleep(ctx, min(poll, max(0, busy.until.Sub(now()))+time.Millisecond)) {
				return nil, busy.inProgressError()
			}
			poll = min(2*poll, longestPoll)
		}
	}
	return nil, err
}

// put writes a record in place of another, and fails if that is not, or no
// longer, the one in the table. Nil stands for no record.
func (t *Table) put(ctx context.Context, r, over *record, now time.Time) error {
	client, err := t.database(ctx)
	if err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{TableName: &t.Name, Item: r.attributes(now)}
	if over == nil {
		in.ConditionExpression = aws.String("attribute_not_exists(" + KeyAttribute + ")")
	} else {
		in.ConditionExpression = aws.String("#owner = :owner AND #status = :status")
		in.ExpressionAttributeNames = map[string]string{"#owner": ownerAttribute, "#status": statusAttribute}
		in.ExpressionAttributeValues = attributes{":owner": text(over.owner), ":status": text(over.status)}
	}
	_, err = client.PutItem(ctx, in)
	return err
}

func (t *Table) get(ctx context.Context, id string) (*record, error) {
	client, err := t.database(ctx)
	if err != nil {
		return nil, err
	}
	out, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.Name, Key: attributes{KeyAttribute: text(id)}, ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil {
		return nil, err
	}
	return readRecord(out.Item)
}

// forget deletes a record, as long as it belongs to its owner.
func (t *Table) forget(ctx context.Context, r *record) error {
	client, err := t.database(ctx)
	if err != nil {
		return err
	}
	_, err = client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.Name, Key: attributes{KeyAttribute: text(r.id)},
		ConditionExpression:       aws.String("#owner = :owner"),
		ExpressionAttributeNames:  map[string]string{"#owner": ownerAttribute},
		ExpressionAttributeValues: attributes{":owner": text(r.owner)},
	})
	return err
}

func isConditionFailed(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}
