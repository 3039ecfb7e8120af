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
//	startedAt     S  RFC 3339: when the producer began
//	expected      N  how many orders were sent; absent until all were
//	finished      N  how many orders were counted as invoiced
//	failed        N  how many were counted as refused
//	summary       S  the summary's text; absent until there is one
//	summarizedAt  S  RFC 3339: when the summary was written, the last time
package tracking

// workflow {
import (
	"context"
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
	Summary      string `dynamodbav:"summary,omitempty"`
	SummarizedAt string `dynamodbav:"summarizedAt,omitempty"`
}

// isComplete says whether everything that was sent was counted. Of all who
// count, one sees it.
func (j *Job) isComplete() bool {
	return j.Expected != nil && j.Finished+j.Failed == *j.Expected
}

// The attributes that count.
const (
	finished = "finished"
	failed   = "failed"
)

// Table is the table of jobs.
type Table struct {
	Client interface {
		PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
		GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
		UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	}
	Name string
}

// start makes the record of a job.
func (t *Table) start(ctx context.Context, id string) error {
	record, err := attributevalue.MarshalMap(Job{ID: id, StartedAt: now()})
	if err != nil {
		return err
	}
	if _, err := t.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.Name, Item: record}); err != nil {
		return fmt.Errorf("starting job %s: %w", id, err)
	}
	return nil
}

// expect says how many orders there are.
func (t *Table) expect(ctx context.Context, id string, orders int) (*Job, error) {
	return t.update(ctx, id, "SET expected = :orders", nil, map[string]any{":orders": orders})
}

// count counts one more order as finished or failed.
func (t *Table) count(ctx context.Context, id, as string) (*Job, error) {
	return t.update(ctx, id, "ADD #as :one", map[string]string{"#as": as}, map[string]any{":one": 1})
}

// summarize keeps the summary.
func (t *Table) summarize(ctx context.Context, id, text string) error {
	_, err := t.update(ctx, id, "SET summary = :text, summarizedAt = :now", nil, map[string]any{":text": text, ":now": now()})
	return err
}

// update changes the record of a job, and is the record after it.
func (t *Table) update(ctx context.Context, id, expression string, names map[string]string, values map[string]any) (*Job, error) {
	encoded, err := attributevalue.MarshalMap(values)
	if err != nil {
		return nil, err
	}
	answer, err := t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &t.Name,
		Key:                       key(id),
		UpdateExpression:          &expression,
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
