package shop

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
)

// Payment is an order that waits for a bank, with the token to answer with.
type Payment struct {
	Order Order
	Token callback.Token
}

// Asker sends payments to a bank.
type Asker struct {
	Client *sqs.Client
	Queue  string // URL
}

// Ask sends an order to the bank, which answers later.
func (a *Asker) Ask(ctx context.Context, o Order, token callback.Token) error {
	message, err := json.Marshal(Payment{o, token})
	if err != nil {
		return err
	}
	_, err = a.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &a.Queue, MessageBody: aws.String(string(message))})
	return err
}

// Bank answers the tokens of payments.
type Bank struct {
	Tasks callback.Client
}

// Answer pays an order, or declines it.
func (b *Bank) Answer(ctx context.Context, p Payment) error {
	if p.Order.Cents > 100_000 {
		return b.Tasks.Fail(ctx, p.Token, job.Errorf("CardDeclined", "order %s is above the limit of the card", p.Order.ID))
	}
	return b.Tasks.Succeed(ctx, p.Token, Receipt{p.Order.ID, p.Order.Cents})
}
