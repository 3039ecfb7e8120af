// Package invoiceall invoices all orders that are due in one invocation.
package invoiceall

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// Handler finds and invoices orders.
type Handler struct {
	Orders   *invoicing.Orders
	Invoices *invoicing.Invoices
}

// Handle invoices the orders one by one. It logs and skips an order that is
// refused. Any other error ends the invocation: Lambda retries the event, and
// the function begins again with the first order.
func (h *Handler) Handle(ctx context.Context, night invoicing.Night) error {
	invoiced, refused := 0, 0
	for order, err := range h.Orders.Due(ctx, night) {
		if err != nil {
			return err
		}
		_, err := h.Invoices.Write(ctx, order)
		if reason, ok := errors.AsType[*job.Error](err); ok {
			slog.WarnContext(ctx, "refused", "order", order.ID, "error", reason.Name, "cause", reason.Message)
			refused++
			continue
		}
		if err != nil {
			return err
		}
		invoiced++
	}
	slog.InfoContext(ctx, "all invoiced", "invoiced", invoiced, "refused", refused)
	return nil
}
