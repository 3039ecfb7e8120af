// Package shop is what the functions of the how-to pages do. It knows nothing of
// Lambda, S3 or Step Functions.
package shop

import (
	"context"

	"github.com/mapjob/mapjob/job"
)

// Order is what a customer has ordered.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer,omitempty"`
	Cents    int    `json:"cents"`
}

// Receipt says what was charged.
type Receipt struct {
	Order string `json:"order"`
	Cents int    `json:"cents"`
}

// Charge charges an order.
func Charge(_ context.Context, o Order) (Receipt, error) {
	if o.Cents <= 0 {
		return Receipt{}, job.Errorf("AmountNotPositive", "order %s: the amount must be positive, got %d", o.ID, o.Cents)
	}
	return Receipt{o.ID, o.Cents}, nil
}

// Row is an order in a CSV file, whose fields are strings.
type Row struct {
	ID    string `json:"id"`
	Cents int    `json:"cents,string"`
}

// ChargeRow charges the order of a row.
func ChargeRow(ctx context.Context, r Row) (Receipt, error) {
	return Charge(ctx, Order{ID: r.ID, Cents: r.Cents})
}

// Object is an object of a bucket, as an ObjectList and an Inventory have it.
type Object struct {
	Key  string
	Size int64
}

// Inspect refuses objects that are empty.
func Inspect(_ context.Context, o Object) (string, error) {
	if o.Size == 0 {
		return "", job.Errorf("EmptyObject", "%s is empty", o.Key)
	}
	return o.Key, nil
}
