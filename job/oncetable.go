package job

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// longestInvocation is a Lambda's, for those that don't know their deadline.
	longestInvocation = 15 * time.Minute
	// pastDeadline is how much later an invocation may still be at work: Lambda
	// has been seen to end one 0.7 s late, and clocks differ.
	pastDeadline = time.Second
	// firstPoll and longestPoll are between two looks at work in progress.
	firstPoll   = 50 * time.Millisecond
	longestPoll = time.Second
)

// onceTable keeps the records of what is done once.
type onceTable struct {
	name    string
	options onceOptions

	// client is made when it is first needed. As a variable of the package it
	// would be in every worker's binary, with or without a guard.
	client func() (*dynamodb.Client, error)
}

func newOnceTable(name string, options onceOptions) *onceTable {
	return &onceTable{name, options, sync.OnceValues(newDatabase)}
}

// newDatabase makes a client whose tries only the invocation's time limits: an
// outcome that is not stored is work done twice.
func newDatabase() (*dynamodb.Client, error) {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, err
	}
	return dynamodb.NewFromConfig(settings, func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts = 10
			s.RateLimiter = ratelimit.None
			s.Backoff = retry.BackoffDelayerFunc(func(try int, _ error) (time.Duration, error) { return backoff(max(1, try)), nil })
		})
	}), nil
}

// outcome claims the key, has the work done and stores what came of it; or
// waits for the outcome of whoever has the key.
func (t *onceTable) outcome(ctx context.Context, key string, work func() Outcome) Outcome {
	info := InfoOf(ctx)
	scope := info.Execution
	if t.options.across {
		scope = info.Name
	}
	r := &onceRecord{id: scope + "#" + key, owner: rand.Text(), execution: info.Execution, remember: t.options.remember}
	if len(r.id) > maxPartitionKey {
		return failedBefore(Fail(ErrorInvalidInput, "got a key of %d bytes, expected up to %d: have the key function of job.Once return a hash",
			len(key), maxPartitionKey-len(r.id)+len(key)))
	}
	deadline := info.deadline
	if deadline.IsZero() {
		deadline = time.Now().Add(longestInvocation)
	}
	r.until = deadline.Add(pastDeadline)
	found, err := t.claim(ctx, r)
	if err != nil {
		return failedBefore(fmt.Errorf("claiming the key %q in the table %s: %w", r.id, t.name, err))
	}
	if found != nil {
		return *found
	}

	// The handler's time may be up by now; what the invocation keeps back for
	// its answer is for this too.
	within, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	r.Outcome = work()
	if r.Retryable {
		err = t.forget(within, r)
	} else {
		r.mustFit()
		err = t.put(within, r, &onceRecord{owner: r.owner, Outcome: Outcome{Status: onceInProgress}})
	}
	if err != nil && !isConditionFailed(err) { // where it is not ours any more, nobody waits for our answer
		slog.ErrorContext(ctx, "the outcome is not remembered: the item will be done again if it is delivered again",
			"key", r.id, "table", t.name, "error", err)
	}
	return r.Outcome
}

// claim writes a record of work in progress over one that is free, or is the
// outcome of the work that another delivery has done.
func (t *onceTable) claim(ctx context.Context, r *onceRecord) (*Outcome, error) {
	r.Outcome = Outcome{Status: onceInProgress}
	var busy *onceRecord // another delivery's
	err := t.put(ctx, r, nil)
	for poll := firstPoll; isConditionFailed(err); {
		found, getErr := t.get(ctx, r.id)
		switch {
		case getErr != nil && busy != nil && ctx.Err() != nil:
			return nil, busy.inProgress()
		case getErr != nil:
			return nil, getErr
		case found == nil: // it was forgotten in the meantime
			err = t.put(ctx, r, nil)
		case found.owner == r.owner: // the answer to the put got lost, and it was sent again
			return nil, nil
		case found.isFree(time.Now(), r.execution):
			err = t.put(ctx, r, found)
		case found.Status != onceInProgress:
			return &found.Outcome, nil
		default:
			busy = found
			if !sleep(ctx, min(poll, max(0, time.Until(busy.until))+time.Millisecond)) {
				return nil, busy.inProgress()
			}
			poll = min(2*poll, longestPoll)
		}
	}
	return nil, err
}

// put writes a record in place of another, and fails where that is not, or no
// longer, the one that is there. Nil is for none.
func (t *onceTable) put(ctx context.Context, r, over *onceRecord) error {
	client, err := t.client()
	if err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{TableName: &t.name, Item: r.attributes(time.Now())}
	if over == nil {
		in.ConditionExpression = aws.String("attribute_not_exists(" + OnceTableKey + ")")
	} else {
		in.ConditionExpression = aws.String("#owner = :owner AND #status = :status")
		in.ExpressionAttributeNames = map[string]string{"#owner": onceOwner, "#status": onceStatus}
		in.ExpressionAttributeValues = attributes{":owner": text(over.owner), ":status": text(string(over.Status))}
	}
	_, err = client.PutItem(ctx, in)
	return err
}

func (t *onceTable) get(ctx context.Context, id string) (*onceRecord, error) {
	client, err := t.client()
	if err != nil {
		return nil, err
	}
	out, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: attributes{OnceTableKey: text(id)}, ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil {
		return nil, err
	}
	return readOnceRecord(out.Item)
}

// forget deletes a record, as long as it is its owner's.
func (t *onceTable) forget(ctx context.Context, r *onceRecord) error {
	client, err := t.client()
	if err != nil {
		return err
	}
	_, err = client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.name, Key: attributes{OnceTableKey: text(r.id)},
		ConditionExpression:       aws.String("#owner = :owner"),
		ExpressionAttributeNames:  map[string]string{"#owner": onceOwner},
		ExpressionAttributeValues: attributes{":owner": text(r.owner)},
	})
	return err
}

func isConditionFailed(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}

// failedBefore is the outcome of an item whose work was not begun. But for a
// request that was refused, such as one without a permission, another try may
// go well.
func failedBefore(err error) Outcome {
	var named *Error
	var http interface{ HTTPStatusCode() int } // of smithy-go's ResponseError
	refused := errors.As(err, &named) || errors.As(err, &http) && http.HTTPStatusCode()/100 == 4
	why := tell(err)
	return Outcome{Status: Failed, Error: why.name, Cause: why.message, Retryable: why.retryable || !refused}
}
