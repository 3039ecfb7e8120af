// Package tracking tracks a fan-out over a queue: a table counts the orders that
// were sent and those that were handled, and a summary is written when the two
// numbers are equal.
//
// Do not copy it: a job replaces it. It counts deliveries instead of orders, and
// a queue may deliver an order more than once, so its numbers may be wrong.
//
// # The table
//
// The table has one record for each job. Its partition key is jobId:
//
//	jobId         S  the ID of the schedule's execution or of the producer's request
//	startedAt     S  RFC 3339: when the producer first began
//	expected      N  the number of orders sent; absent until all of them were sent
//	finished      N  the number of orders counted as invoiced
//	failed        N  the number of orders counted as refused
//	askedAt       S  RFC 3339: when the summary was asked for; absent before
//	summary       S  the summary's text; absent before it was written
//	summarizedAt  S  RFC 3339: when the summary was last written
package tracking

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

// tally returns the number of orders counted.
func (j *Job) tally() int { return j.Finished + j.Failed }

// isComplete reports whether as many orders were counted as were sent. If
// orders were counted twice, the tally may exceed the number sent.
func (j *Job) isComplete() bool { return j.Expected != nil && j.tally() >= *j.Expected }

// The attributes that count.
const (
	finished = "finished"
	failed   = "failed"
)

// Table reads and updates the table of jobs.
type Table struct {
	Client interface {
		GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
		UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	}
	Name string
}

// start creates the record of a job. It keeps an existing record, because a
// retry of the producer must not reset the numbers.
func (t *Table) start(ctx context.Context, id string) error {
	_, err := t.update(ctx, id, "SET startedAt = if_not_exists(startedAt, :now)", nil, nil, map[string]any{":now": now()})
	return err
}

// expect records the number of orders sent.
func (t *Table) expect(ctx context.Context, id string, orders int) (*Job, error) {
	return t.update(ctx, id, "SET expected = :orders", nil, nil, map[string]any{":orders": orders})
}

// count counts an order as finished or failed.
func (t *Table) count(ctx context.Context, id, as string) (*Job, error) {
	return t.update(ctx, id, "ADD #as :one", nil, map[string]string{"#as": as}, map[string]any{":one": 1})
}

// ask records that the summary was asked for. It returns nil if it was asked for
// before, so that only one caller asks.
func (t *Table) ask(ctx context.Context, id string) (*Job, error) {
	job, err := t.update(ctx, id, "SET askedAt = :now", aws.String("attribute_not_exists(askedAt)"), nil, map[string]any{":now": now()})
	if _, before := errors.AsType[*types.ConditionalCheckFailedException](err); before {
		return nil, nil
	}
	return job, err
}

// summarize stores the summary.
func (t *Table) summarize(ctx context.Context, id, text string) error {
	_, err := t.update(ctx, id, "SET summary = :text, summarizedAt = :now", nil, nil, map[string]any{":text": text, ":now": now()})
	return err
}

// update changes the record of a job if the condition holds, and returns the
// new record. The condition may be nil.
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

// get returns the record of a job.
func (t *Table) get(ctx context.Context, id string) (*Job, error) {
	answer, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.Name, Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("reading job %s: %w", id, err)
	}
	if answer.Item == nil {
		return nil, fmt.Errorf("job %s: not found in table %s", id, t.Name)
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
