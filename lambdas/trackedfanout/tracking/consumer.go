package tracking

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/fanout"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// Consumer invoices orders.
type Consumer struct {
	Invoices  *invoicing.Invoices
	Table     *Table
	Summaries *fanout.Queue
}

// Handle invoices an order and counts it. It counts an order that is refused as
// failed. After any other error the queue delivers the message again.
func (c *Consumer) Handle(ctx context.Context, message Message) error {
	order, as := message.Order, finished
	_, err := c.Invoices.Write(ctx, order)
	if reason, ok := errors.AsType[*job.Error](err); ok {
		slog.WarnContext(ctx, "refused", "order", order.ID, "error", reason.Name, "cause", reason.Message)
		as = failed
	} else if err != nil {
		return err
	}
	tally, err := c.Table.count(ctx, message.JobID, as)
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "counted", "order", order.ID, "tally", tally.tally())
	if tally.isComplete() {
		return complete(ctx, c.Table, c.Summaries, message.JobID)
	}
	return nil
}
