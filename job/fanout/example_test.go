package fanout_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/job/fanout"
)

// printer stands in for the client of SQS.
type printer struct{}

func (printer) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	answer := &sqs.SendMessageBatchOutput{}
	for _, message := range in.Entries {
		fmt.Println(*message.MessageBody)
		answer.Successful = append(answer.Successful, types.SendMessageBatchResultEntry{Id: message.Id})
	}
	return answer, nil
}

func ExampleProduce() {
	type night struct{ Date string }
	type order struct {
		ID  string `json:"id"`
		Due string `json:"due"`
	}
	due := func(_ context.Context, in night) iter.Seq2[order, error] {
		return func(yield func(order, error) bool) {
			_ = yield(order{"ORD-1", in.Date}, nil) && yield(order{"ORD-2", in.Date}, nil)
		}
	}
	queue := &fanout.Queue{API: printer{}, URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"}
	handler := fanout.Produce(queue, due) // for lambda.Start

	answer, err := handler.Invoke(context.Background(), []byte(`{"Date": "2026-11-01"}`))
	fmt.Println(string(answer), err)
	// Output:
	// {"id":"ORD-1","due":"2026-11-01"}
	// {"id":"ORD-2","due":"2026-11-01"}
	// {"sent":2} <nil>
}
