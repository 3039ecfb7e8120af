// Package tracking is the fan-out over a queue that knows when it is finished:
// a table counts what was expected and what was done, and when the tally is
// full a summary is written.
//
// It is what a job of Step Functions takes the place of, and stands here to be
// measured beside one: see test/architectures. What ends in "// workflow", or
// stands between "// workflow {" and "// workflow }", is there because the work
// is spread and put together again; the rest is business. It counts deliveries,
// of which an order may have several, and not orders: that is known, and measured.
//
// # The table
//
// There is one record for each job, and its partition key is jobId:
//
//	jobId         S  the ID of the schedule's execution, or of the producer's request
//	startedAt     S  RFC 3339: when the producer began, the first time
//	expected      N  how many orders were sent; absent until all were
//	finished      N  how many orders were counted as invoiced
//	failed        N  how many were counted as refused
//	askedAt       S  RFC 3339: when the summary was asked for; absent until it was
//	summary       S  the summary's text; absent until there is one
//	summarizedAt  S  RFC 3339: when the summary was written, the last time
package tracking

// workflow {
import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Job is the record of a job.
type Job struct {
	ID           string `dynamodbav:"jobId"`
	StartedAt    string `dynamodbav:"startedAt"`
	Expected     *int   `dynamodbav:"expected,omitempty"`
	Finished     int    `dynamodbav:"finished"`
	Failed       int    `dynamodbav:"failed"`
	AskedAt      string `dynamodbav:"askedAt,omitempty"`
	Summary      string `dynamodbav:"summary,omitempty"`
	SummarizedAt string `dynamodbav:"summarizedAt,omitempty"`
}

// tally is how many orders were counted.
func (j *Job) tally() int { return j.Finished + j.Failed }

// isComplete says whether everything that was sent was counted. Where something
// was counted twice there is more than was sent.
func (j *Job) isComplete() bool { return j.Expected != nil && j.tally() >= *j.Expected }

// The attributes that count.
const (
	finished = "finished"
	failed   = "failed"
)

// Table is the table of jobs.
type Table struct {
	Client interface {
		GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
		UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	}
	Name string
}

// start makes the record of a job, or leaves the one that there is: a producer
// that is invoked again must not forget what was counted.
func (t *Table) start(ctx context.Context, id string) error {
	_, err := t.update(ctx, id, "SET startedAt = if_not_exists(startedAt, :now)", nil, nil, map[string]any{":now": now()})
	return err
}

// expect says how many orders there are.
func (t *Table) expect(ctx context.Context, id string, orders int) (*Job, error) {
	return t.update(ctx, id, "SET expected = :orders", nil, nil, map[string]any{":orders": orders})
}

// count counts one more order as finished or failed.
func (t *Table) count(ctx context.Context, id, as string) (*Job, error) {
	return t.update(ctx, id, "ADD #as :one", nil, map[string]string{"#as": as}, map[string]any{":one": 1})
}

// ask notes that the summary is asked for. It is nil where it was before: of all
// who see the tally full, one asks.
func (t *Table) ask(ctx context.Context, id string) (*Job, error) {
	job, err := t.update(ctx, id, "SET askedAt = :now", aws.String("attribute_not_exists(askedAt)"), nil, map[string]any{":now": now()})
	if _, before := errors.AsType[*types.ConditionalCheckFailedException](err); before {
		return nil, nil
	}
	return job, err
}

// summarize keeps the summary.
func (t *Table) summarize(ctx context.Context, id, text string) error {
	_, err := t.update(ctx, id, "SET summary = :text, summarizedAt = :now", nil, nil, map[string]any{":text": text, ":now": now()})
	return err
}

// update changes the record of a job where the condition holds, if there is one,
// and is the record after it.
func (t *Table) update(ctx context.Context, id, expression string, condition *string, names map[string]string, values map[string]any) (*Job, error) {
	encoded, err := attributevalue.MarshalMap(values)
	if err != nil {
		return nil, err
	}
	answer, err := t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &t.Name,
		Key:                       key(id),
		UpdateExpression:          &expression,
		ConditionExpression:       condition,
		ExpressionAttributeNames:  names,
		ExpressionAttributeValues: encoded,
		ReturnValues:              types.ReturnValueAllNew,
	})
	if err != nil {
		return nil, fmt.Errorf("updating job %s: %w", id, err)
	}
	return decode(answer.Attributes)
}

// get is the record of a job.
func (t *Table) get(ctx context.Context, id string) (*Job, error) {
	answer, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.Name, Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("reading job %s: %w", id, err)
	}
	if answer.Item == nil {
		return nil, fmt.Errorf("got no job %s, expected it in table %s", id, t.Name)
	}
	return decode(answer.Item)
}

func decode(record map[string]types.AttributeValue) (*Job, error) {
	var job Job
	return &job, attributevalue.UnmarshalMap(record, &job)
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"jobId": &types.AttributeValueMemberS{Value: id}}
}

func now() string { return time.Now().UTC().Format(time.RFC3339Nano) }

// workflow }
