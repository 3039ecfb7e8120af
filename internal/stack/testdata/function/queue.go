package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/mapjob/mapjob/job"
)

type order struct {
	ID  string `json:"id"`
	Bad bool   `json:"bad"`
}

// work processes a message of a queue.
func work(_ context.Context, o order) error {
	if o.Bad {
		return job.Errorf("BadOrder", "order %s is bad", o.ID)
	}
	return nil
}

// send sends orders to the queue, with an ordinary client.
func send(ctx context.Context, orders []order) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := sqs.NewFromConfig(settings)
	for len(orders) > 0 {
		n := min(10, len(orders))
		in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(os.Getenv("QUEUE_URL"))}
		for i, o := range orders[:n] {
			body, err := json.Marshal(o)
			if err != nil {
				return err
			}
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(string(body))})
		}
		out, err := client.SendMessageBatch(ctx, in)
		if err != nil {
			return err
		}
		if len(out.Failed) > 0 {
			return errors.New(*out.Failed[0].Message)
		}
		orders = orders[n:]
	}
	return nil
}
