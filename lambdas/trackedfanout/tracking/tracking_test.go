package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// night is what the functions have around them. What they say to DynamoDB is
// tried on a real one in test/architectures.
type night struct {
	due       int // orders; every fourth is refused
	job       *Job
	sent      []Message        // to the consumer
	summaries []Job            // as the table had it when the summary was sent for
	onSend    func(Message)    // nil: messages wait
	lost      map[string]error // what an operation fails with
}

func (n *night) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	answer := &dynamodb.QueryOutput{}
	for i := range n.due {
		order := invoicing.Order{ID: fmt.Sprint("ORD-", i), Customer: "Aalto Foods", Currency: "EUR",
			Lines: []invoicing.Line{{SKU: "A", Quantity: 1, UnitPrice: "1.00"}}}
		if i%4 == 3 {
			order.Lines = nil
		}
		attributes, err := attributevalue.MarshalMap(order)
		if err != nil {
			return nil, err
		}
		answer.Items = append(answer.Items, attributes)
	}
	return answer, nil
}

func (n *night) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return nil, n.lost["PutObject"]
}

func (n *night) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if n.job == nil {
		return &dynamodb.GetItemOutput{}, nil
	}
	record, err := attributevalue.MarshalMap(n.job)
	return &dynamodb.GetItemOutput{Item: record}, err
}

func (n *night) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := n.lost["UpdateItem"]; err != nil {
		return nil, err
	}
	text := func(name string) string {
		return in.ExpressionAttributeValues[name].(*types.AttributeValueMemberS).Value
	}
	switch *in.UpdateExpression {
	case "SET startedAt = if_not_exists(startedAt, :now)":
		if n.job == nil {
			n.job = &Job{ID: in.Key["jobId"].(*types.AttributeValueMemberS).Value, StartedAt: text(":now")}
		}
	case "SET askedAt = :now":
		if *in.ConditionExpression == "attribute_not_exists(askedAt)" && n.job.AskedAt != "" {
			return nil, &types.ConditionalCheckFailedException{}
		}
		n.job.AskedAt = text(":now")
	case "SET expected = :orders":
		n.job.Expected = new(int)
		if err := attributevalue.Unmarshal(in.ExpressionAttributeValues[":orders"], n.job.Expected); err != nil {
			return nil, err
		}
	case "ADD #as :one":
		if in.ExpressionAttributeNames["#as"] == "failed" {
			n.job.Failed++
		} else {
			n.job.Finished++
		}
	case "SET summary = :text, summarizedAt = :now":
		n.job.Summary, n.job.SummarizedAt = text(":text"), text(":now")
	default:
		return nil, errors.New("no such expression")
	}
	record, err := attributevalue.MarshalMap(n.job)
	return &dynamodb.UpdateItemOutput{Attributes: record}, err
}

func (n *night) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	if err := n.lost[*in.QueueUrl]; err != nil {
		return nil, err
	}
	answer := &sqs.SendMessageBatchOutput{}
	for _, entry := range in.Entries {
		answer.Successful = append(answer.Successful, sqstypes.SendMessageBatchResultEntry{Id: entry.Id})
		if *in.QueueUrl == "summaries" {
			n.summaries = append(n.summaries, *n.job)
			continue
		}
		var message Message
		if err := json.Unmarshal([]byte(*entry.MessageBody), &message); err != nil {
			return nil, err
		}
		n.sent = append(n.sent, message)
		if n.onSend != nil {
			n.onSend(message)
		}
	}
	return answer, nil
}

func tonight(id string) Night { return Night{invoicing.Night{Date: "2026-11-01"}, id} }

func (n *night) producer() *Producer {
	return &Producer{
		Orders: &invoicing.Orders{Client: n, Table: "orders", Index: "due"}, Table: &Table{n, "jobs"},
		Queue: &fanout.Queue{Client: n, URL: "due"}, Summaries: &fanout.Queue{Client: n, URL: "summaries"},
	}
}

func (n *night) produce(t *testing.T) Started {
	t.Helper()
	started, err := n.producer().Handle(context.Background(), tonight("job-1"))
	if err != nil {
		t.Fatal(err)
	}
	return started
}

func (n *night) consume(message Message) error {
	consumer := &Consumer{
		Invoices: &invoicing.Invoices{Client: n, Bucket: "invoices"}, Table: &Table{n, "jobs"},
		Summaries: &fanout.Queue{Client: n, URL: "summaries"},
	}
	return consumer.Handle(context.Background(), message)
}

// deliver has the messages handled, each once.
func (n *night) deliver(t *testing.T) {
	t.Helper()
	for _, message := range n.sent {
		if err := n.consume(message); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheLastOneHasTheSummaryWritten(t *testing.T) {
	n := &night{due: 25}
	if started := n.produce(t); started != (Started{"job-1", 25}) || n.job.Expected == nil || *n.job.Expected != 25 {
		t.Fatalf("got %+v and the record %+v, expected job job-1 with 25 orders", started, n.job)
	}
	if len(n.summaries) > 0 {
		t.Fatal("got a summary, expected none before the work is done")
	}
	n.deliver(t)
	if n.job.Finished != 19 || n.job.Failed != 6 || len(n.summaries) != 1 {
		t.Errorf("got %d finished, %d failed and %d summaries, expected 19, 6 and one", n.job.Finished, n.job.Failed, len(n.summaries))
	}
	summary := &Summary{Table: &Table{n, "jobs"}}
	if err := summary.Handle(context.Background(), Completed{"job-1"}); err != nil {
		t.Fatal(err)
	}
	if n.job.Summary != "25 orders: 19 invoiced, 6 refused" || n.job.SummarizedAt == "" {
		t.Errorf("got the summary %q at %q, expected 19 invoiced and 6 refused, and when", n.job.Summary, n.job.SummarizedAt)
	}
}

func TestOneOfThoseWhoSeeTheTallyFullAsksForTheSummary(t *testing.T) {
	n := &night{due: 3}
	n.produce(t)
	n.deliver(t)
	n.deliver(t) // and sees it more than full
	if len(n.summaries) != 1 || n.summaries[0].Finished != 3 || n.job.Finished != 6 || n.job.AskedAt == "" {
		t.Errorf("got %+v and the summaries %+v, expected one, asked for at three", n.job, n.summaries)
	}
}

func TestAllMayBeDoneBeforeItIsKnownHowManyThereAre(t *testing.T) {
	for due := range 13 {
		n := &night{due: due}
		n.onSend = func(message Message) {
			if err := n.consume(message); err != nil {
				t.Error(err)
			}
		}
		n.produce(t)
		if len(n.summaries) != 1 || n.summaries[0].Finished+n.summaries[0].Failed != due {
			t.Errorf("%d orders: got the summaries %+v, expected one of them all", due, n.summaries)
		}
	}
}

func TestAnOrderThatMayComeAgainIsNotCounted(t *testing.T) {
	n := &night{due: 1, lost: map[string]error{"PutObject": errors.New("slow down")}}
	n.produce(t)
	if err := n.consume(n.sent[0]); err == nil || n.job.Finished+n.job.Failed > 0 {
		t.Errorf("got %v and the record %+v, expected the error, and nothing counted", err, n.job)
	}
}

// What is wrong with it is what it is here for: package tracking is measured as
// it is, and not mended.
func TestWhatATallyGetsWrong(t *testing.T) {
	t.Run("a message that comes twice is counted twice, and the summary is early", func(t *testing.T) {
		n := &night{due: 3}
		n.produce(t)
		for _, message := range []Message{n.sent[0], n.sent[0], n.sent[1]} {
			if err := n.consume(message); err != nil {
				t.Fatal(err)
			}
		}
		if len(n.summaries) != 1 || n.summaries[0].Finished != 3 {
			t.Errorf("got the summaries %+v, expected one that counts three of two", n.summaries)
		}
	})
	t.Run("and where it comes before the number is known as well", func(t *testing.T) {
		n := &night{due: 3}
		n.onSend = func(message Message) {
			for range 2 {
				if err := n.consume(message); err != nil {
					t.Error(err)
				}
			}
		}
		n.produce(t)
		if len(n.summaries) != 1 || n.summaries[0].Finished != 6 {
			t.Errorf("got the summaries %+v, expected one that counts six of three", n.summaries)
		}
	})
	t.Run("whoever ends between the note that the summary is asked for and the message takes it along", func(t *testing.T) {
		n := &night{due: 1, lost: map[string]error{"summaries": errors.New("no connection")}}
		n.produce(t)
		if err := n.consume(n.sent[0]); err == nil {
			t.Error("got no error, expected the message to come again")
		}
		n.lost = nil
		if err := n.consume(n.sent[0]); err != nil || len(n.summaries) > 0 || n.job.Finished != 2 {
			t.Errorf("got %v, %d finished and the summaries %+v, expected two of one, and none", err, n.job.Finished, n.summaries)
		}
	})
	t.Run("a producer that is invoked again sends all again, and all of it is counted", func(t *testing.T) {
		n := &night{due: 2}
		n.produce(t)
		if err := n.consume(n.sent[0]); err != nil {
			t.Fatal(err)
		}
		n.produce(t)
		n.deliver(t)
		if len(n.sent) != 4 || n.job.Finished != 5 || len(n.summaries) != 1 {
			t.Errorf("got %d messages, %d finished and %d summaries, expected four, five of two and one", len(n.sent), n.job.Finished, len(n.summaries))
		}
	})
}

func TestAJobIsNamedByTheEventOrTheRequest(t *testing.T) {
	within := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "req-1"})
	for id, expected := range map[string]string{"job-1": "job-1", "": "req-1"} {
		n := &night{due: 1}
		if started, err := n.producer().Handle(within, tonight(id)); err != nil || started.JobID != expected || n.sent[0].JobID != expected {
			t.Errorf("%q: got %+v, %v, expected %s", id, started, err, expected)
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	if _, err := (&night{}).producer().Handle(context.Background(), tonight("")); err == nil {
		t.Error("got no error, expected a missing request ID to be one")
	}
	summary := &Summary{Table: &Table{&night{}, "jobs"}}
	if err := summary.Handle(context.Background(), Completed{"job-1"}); err == nil || err.Error() != "job job-1: not found in table jobs" {
		t.Errorf("got %v, expected the job to be missed", err)
	}
}
