package shop

import (
	"context"
	"errors"
	"os"

	"github.com/mapjob/mapjob/job"
)

// ErrBusy is returned by a bank that gets too many requests.
var ErrBusy = errors.New("the bank is busy")

// Charger charges orders with a bank.
type Charger struct {
	Pay func(context.Context, Order) error
}

// Charge tries again later if the bank is busy, and never after it has declined.
func (c *Charger) Charge(ctx context.Context, o Order) (Receipt, error) {
	switch err := c.Pay(ctx, o); {
	case errors.Is(err, ErrBusy):
		return Receipt{}, job.Retryable(job.Errorf("Busy", "order %s: %w", o.ID, err))
	case err != nil:
		return Receipt{}, job.Final(job.Errorf("Declined", "order %s: %w", o.ID, err))
	}
	return Receipt{o.ID, o.Cents}, nil
}

// Fragile exits if the amount of an order is 13 cents, as a function does that runs out
// of memory.
func Fragile(ctx context.Context, o Order) (Receipt, error) {
	if o.Cents == 13 {
		os.Exit(1)
	}
	return Charge(ctx, o)
}
