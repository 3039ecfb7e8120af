// Package invoiceall invoices all orders that are due in one invocation.
//
// Lines that end in "// workflow" would not be there if one order were all
// there is: test/architectures/owned counts them.
package invoiceall

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// Handler is the function behind the event.
type Handler struct {
	Orders   *invoicing.Orders
	Invoices *invoicing.Invoices
}

// Handle invoices one order after the other. One that is refused is left out,
// and its reason logged. Any other error ends the invocation: Lambda invokes
// the function again with the same event, and it begins with the first order.
func (h *Handler) Handle(ctx context.Context, night invoicing.Night) error {
	invoiced, refused := 0, 0                          // workflow
	for order, err := range h.Orders.Due(ctx, night) { // workflow
		if err != nil {
			return err
		}
		_, err := h.Invoices.Write(ctx, order)
		if reason, ok := errors.AsType[*job.Error](err); ok { // workflow
			slog.WarnContext(ctx, "refused", "order", order.ID, "error", reason.Name, "cause", reason.Message)
			refused++ // workflow
			continue  // workflow
		} // workflow
		if err != nil {
			return err
		}
		invoiced++ // workflow
	} // workflow
	slog.InfoContext(ctx, "all invoiced", "invoiced", invoiced, "refused", refused) // workflow
	return nil
}
