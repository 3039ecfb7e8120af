package tracking

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/fanout" // workflow
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// Consumer invoices orders.
type Consumer struct {
	Invoices  *invoicing.Invoices
	Table     *Table        // workflow
	Summaries *fanout.Queue // workflow
}

// Handle invoices one order and counts it. One that is refused is counted as
// failed; after any other error the message comes again.
func (c *Consumer) Handle(ctx context.Context, message Message) error {
	order, as := message.Order, finished // workflow
	_, err := c.Invoices.Write(ctx, order)
	if reason, ok := errors.AsType[*job.Error](err); ok { // workflow
		slog.WarnContext(ctx, "refused", "order", order.ID, "error", reason.Name, "cause", reason.Message)
		as = failed // workflow
	} else if err != nil { // workflow
		return err // workflow
	} // workflow
	// workflow {
	tally, err := c.Table.count(ctx, message.JobID, as)
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "counted", "order", order.ID, "tally", tally.tally())
	if tally.isComplete() {
		return complete(ctx, c.Table, c.Summaries, message.JobID)
	}
	return nil
	// workflow }
}
