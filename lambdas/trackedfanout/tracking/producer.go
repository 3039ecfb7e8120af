package tracking

import (
	"context"
	"errors"   // workflow
	"iter"     // workflow
	"log/slog" // workflow

	"github.com/aws/aws-lambda-go/lambdacontext" // workflow
	"github.com/mapjob/mapjob/job/fanout"        // workflow
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// workflow {

// Night is what the producer is invoked with.
type Night struct {
	invoicing.Night
	JobID string `json:"jobId"` // the schedule's execution ID; none: the ID of the request
}

// Message is what the producer sends for an order.
type Message struct {
	JobID string          `json:"jobId"`
	Order invoicing.Order `json:"order"`
}

// Completed is what is sent to the summary when the tally is full.
type Completed struct {
	JobID string `json:"jobId"`
}

// Started is what the producer answers.
type Started struct {
	JobID    string `json:"jobId"`
	Expected int    `json:"expected"` // orders
}

// workflow }

// Producer finds the orders to invoice.
type Producer struct {
	Orders    *invoicing.Orders
	Queue     *fanout.Queue // workflow
	Table     *Table        // workflow
	Summaries *fanout.Queue // workflow
}

// Handle sends the orders of a night to the queue. How many there are is known
// when the last one was sent: it may be that all of them are done by then.
func (p *Producer) Handle(ctx context.Context, night Night) (Started, error) {
	// workflow {
	id := night.JobID
	if id == "" {
		invocation, ok := lambdacontext.FromContext(ctx)
		if !ok {
			return Started{}, errors.New("got no jobId and no request ID, expected one of them")
		}
		id = invocation.AwsRequestID // the same where Lambda tries again
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
	// workflow }
}

// workflow {

func messages(id string, orders iter.Seq2[invoicing.Order, error]) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for order, err := range orders {
			if !yield(Message{id, order}, err) {
				return
			}
		}
	}
}

// complete has the summary written, unless somebody else has. Whoever fails
// between the two steps takes the summary along.
func complete(ctx context.Context, table *Table, summaries *fanout.Queue, id string) error {
	job, err := table.ask(ctx, id)
	if job == nil || err != nil {
		return err
	}
	slog.InfoContext(ctx, "the tally is full", "job", id, "tally", job.tally())
	_, err = fanout.Send(ctx, summaries, func(yield func(Completed, error) bool) { yield(Completed{id}, nil) })
	return err
}

// workflow }
