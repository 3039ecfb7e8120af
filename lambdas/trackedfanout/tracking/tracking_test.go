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
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// night stands in for the functions' clients. test/architectures runs the same
// requests against a real DynamoDB.
type night struct {
	due       int // orders; every fourth is refused
	job       *Job
	sent      []Message        // to the consumer
	summaries []Job            // the record when each summary was asked for
	onSend    func(Message)    // if nil, messages wait
	lost      map[string]error // by operation or queue
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
		return nil, fmt.Errorf("got the expression %q, expected one of the package", *in.UpdateExpression)
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
		Queue: &fanout.Queue{API: n, URL: "due"}, Summaries: &fanout.Queue{API: n, URL: "summaries"},
	}
}

func (n *night) produce(t *testing.T) Started {
	t.Helper()
	started, err := n.producer().Handle(t.Context(), tonight("job-1"))
	if err != nil {
		t.Fatal(err)
	}
	return started
}

func (n *night) consume(message Message) error {
	consumer := &Consumer{
		Invoices: &invoicing.Invoices{Client: n, Bucket: "invoices"}, Table: &Table{n, "jobs"},
		Summaries: &fanout.Queue{API: n, URL: "summaries"},
	}
	return consumer.Handle(context.Background(), message)
}

// deliver delivers each message once.
func (n *night) deliver(t *testing.T) {
	t.Helper()
	for _, message := range n.sent {
		if err := n.consume(message); err != nil {
			t.Fatal(err)
		}
	}
}

// counted returns how many orders the job's record counts, and how many there
// were in each summary's record.
func (n *night) counted() counts {
	c := counts{Finished: n.job.Finished, Failed: n.job.Failed}
	for _, summary := range n.summaries {
		c.Summaries = append(c.Summaries, summary.tally())
	}
	return c
}

type counts struct {
	Finished, Failed int
	Summaries        []int // the tally of each
}

func TestTheLastOrderAsksForTheSummary(t *testing.T) {
	n := &night{due: 25}
	if diff := cmp.Diff(Started{JobID: "job-1", Expected: 25}, n.produce(t)); diff != "" {
		t.Errorf("the producer's answer (-expected +got):\n%s", diff)
	}
	if n.job.Expected == nil || *n.job.Expected != 25 || len(n.summaries) > 0 {
		t.Fatalf("got %v expected orders and %d summaries, expected 25 and none before the work", n.job.Expected, len(n.summaries))
	}
	n.deliver(t)
	if diff := cmp.Diff(counts{Finished: 19, Failed: 6, Summaries: []int{25}}, n.counted()); diff != "" {
		t.Errorf("counts (-expected +got):\n%s", diff)
	}
	summary := &Summary{Table: &Table{n, "jobs"}}
	if err := summary.Handle(t.Context(), Completed{"job-1"}); err != nil {
		t.Fatal(err)
	}
	if n.job.Summary != "25 orders: 19 invoiced, 6 refused" || n.job.SummarizedAt == "" {
		t.Errorf("got the summary %q at %q, expected 19 invoiced and 6 refused, and the time", n.job.Summary, n.job.SummarizedAt)
	}
}

func TestOnlyOneCallerAsksForTheSummary(t *testing.T) {
	n := &night{due: 3}
	n.produce(t)
	n.deliver(t)
	n.deliver(t) // the tally now exceeds the number of orders
	if diff := cmp.Diff(counts{Finished: 6, Summaries: []int{3}}, n.counted()); diff != "" || n.job.AskedAt == "" {
		t.Errorf("asked at %q, counts (-expected +got):\n%s", n.job.AskedAt, diff)
	}
}

func TestOrdersMayBeCountedBeforeTheirNumberIsKnown(t *testing.T) {
	for due := range 13 {
		n := &night{due: due}
		n.onSend = func(message Message) {
			if err := n.consume(message); err != nil {
				t.Error(err)
			}
		}
		n.produce(t)
		if diff := cmp.Diff([]int{due}, n.counted().Summaries); diff != "" {
			t.Errorf("%d orders: tallies of the summaries (-expected +got):\n%s", due, diff)
		}
	}
}

func TestAnOrderThatIsDeliveredAgainIsNotCounted(t *testing.T) {
	n := &night{due: 1, lost: map[string]error{"PutObject": errors.New("slow down")}}
	n.produce(t)
	if err := n.consume(n.sent[0]); err == nil {
		t.Error("got no error, expected that of PutObject")
	}
	if diff := cmp.Diff(counts{}, n.counted()); diff != "" {
		t.Errorf("counts (-expected +got):\n%s", diff)
	}
}

// These faults belong to the architecture: a tally counts deliveries. They are
// kept, because they are what test/architectures/seeds measures.
func TestWhatATallyGetsWrong(t *testing.T) {
	t.Run("it counts a message that is delivered twice as two, and the summary is early", func(t *testing.T) {
		n := &night{due: 3}
		n.produce(t)
		for _, message := range []Message{n.sent[0], n.sent[0], n.sent[1]} {
			if err := n.consume(message); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(counts{Finished: 3, Summaries: []int{3}}, n.counted()); diff != "" {
			t.Errorf("counts of two orders (-expected +got):\n%s", diff)
		}
	})
	t.Run("so it does before the number of orders is known", func(t *testing.T) {
		n := &night{due: 3}
		n.onSend = func(message Message) {
			for range 2 {
				if err := n.consume(message); err != nil {
					t.Error(err)
				}
			}
		}
		n.produce(t)
		if diff := cmp.Diff([]int{6}, n.counted().Summaries); diff != "" {
			t.Errorf("tallies of the summaries of three orders (-expected +got):\n%s", diff)
		}
	})
	t.Run("there is no summary if its message is lost after it was asked for", func(t *testing.T) {
		n := &night{due: 1, lost: map[string]error{"summaries": errors.New("no connection")}}
		n.produce(t)
		if err := n.consume(n.sent[0]); err == nil {
			t.Error("got no error, expected the message to be delivered again")
		}
		n.lost = nil
		if err := n.consume(n.sent[0]); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(counts{Finished: 2}, n.counted()); diff != "" {
			t.Errorf("counts of one order (-expected +got):\n%s", diff)
		}
	})
	t.Run("a retry of the producer sends all orders again, and all of them are counted", func(t *testing.T) {
		n := &night{due: 2}
		n.produce(t)
		if err := n.consume(n.sent[0]); err != nil {
			t.Fatal(err)
		}
		n.produce(t)
		n.deliver(t)
		if len(n.sent) != 4 || n.job.Finished != 5 || len(n.summaries) != 1 {
			t.Errorf("got %d messages, %d orders counted and %d summaries, expected four, five and one", len(n.sent), n.job.Finished, len(n.summaries))
		}
	})
}

func TestTheEventOrTheRequestNamesTheJob(t *testing.T) {
	within := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "req-1"})
	for id, expected := range map[string]string{"job-1": "job-1", "": "req-1"} {
		n := &night{due: 1}
		started, err := n.producer().Handle(within, tonight(id))
		if err != nil {
			t.Fatal(err)
		}
		if started.JobID != expected || n.sent[0].JobID != expected {
			t.Errorf("%q: got the job %s and a message of job %s, expected %s", id, started.JobID, n.sent[0].JobID, expected)
		}
	}
}

func TestMissingIDsAndRecordsAreErrors(t *testing.T) {
	if _, err := (&night{}).producer().Handle(t.Context(), tonight("")); err == nil {
		t.Error("got no error, expected one without a job ID and a request ID")
	}
	summary := &Summary{Table: &Table{&night{}, "jobs"}}
	if err := summary.Handle(t.Context(), Completed{"job-1"}); err == nil || err.Error() != "job job-1: not found in table jobs" {
		t.Errorf("got error %v, expected that the job was not found", err)
	}
}
