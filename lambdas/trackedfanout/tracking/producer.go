package tracking

import (
	"context"
	"errors"
	"iter"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// Night is the producer's event.
type Night struct {
	invoicing.Night
	JobID string `json:"jobId"` // the schedule's execution ID. Default: the request's ID
}

// Message is the message that the producer sends for each order.
type Message struct {
	JobID string          `json:"jobId"`
	Order invoicing.Order `json:"order"`
}

// Completed is the message to the summary when all orders have been counted.
type Completed struct {
	JobID string `json:"jobId"`
}

// Started is the producer's answer.
type Started struct {
	JobID    string `json:"jobId"`
	Expected int    `json:"expected"` // orders
}

// Producer finds the orders to invoice.
type Producer struct {
	Orders    *invoicing.Orders
	Queue     *fanout.Queue
	Table     *Table
	Summaries *fanout.Queue
}

// Handle sends the orders of a night to the queue. It knows their number when it
// has sent the last one. All of them may have been counted by then, so it may
// have to complete the job itself.
func (p *Producer) Handle(ctx context.Context, night Night) (Started, error) {
	id := night.JobID
	if id == "" {
		invocation, ok := lambdacontext.FromContext(ctx)
		if !ok {
			return Started{}, errors.New("got no jobId and no request ID, expected one of them")
		}
		id = invocation.AwsRequestID // a retry has the same ID
	}
	if err := p.Table.start(ctx, id); err != nil {
		return Started{}, err
	}
	sent, err := fanout.Send(ctx, p.Queue, messages(id, p.Orders.Due(ctx, night.Night)))
	if err != nil {
		return Started{}, err
	}
	job, err := p.Table.expect(ctx, id, sent)
	if err != nil {
		return Started{}, err
	}
	if job.isComplete() {
		err = complete(ctx, p.Table, p.Summaries, id)
	}
	return Started{id, sent}, err
}

func messages(id string, orders iter.Seq2[invoicing.Order, error]) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for order, err := range orders {
			if !yield(Message{id, order}, err) {
				return
			}
		}
	}
}

// complete asks for the summary, unless it was asked for before. If it fails
// between its two steps, there is no summary.
func complete(ctx context.Context, table *Table, summaries *fanout.Queue, id string) error {
	job, err := table.ask(ctx, id)
	if job == nil || err != nil {
		return err
	}
	slog.InfoContext(ctx, "the tally is full", "job", id, "tally", job.tally())
	_, err = fanout.Send(ctx, summaries, func(yield func(Completed, error) bool) { yield(Completed{id}, nil) })
	return err
}
