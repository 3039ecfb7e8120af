package invoicing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Invoices writes invoices to a bucket.
type Invoices struct {
	Client interface {
		PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	}
	Bucket string
}

// Receipt is the result of invoicing an order.
type Receipt struct {
	OrderID  string `json:"orderId"`
	Currency string `json:"currency"`
	Total    string `json:"total"`
	Key      string `json:"key"` // of the invoice in the bucket
}

// Write prices an order and writes its invoice. Writing an invoice again
// replaces it with the same invoice.
func (i *Invoices) Write(ctx context.Context, order Order) (Receipt, error) {
	invoice, err := Price(order)
	if err != nil {
		return Receipt{}, err
	}
	body, err := json.Marshal(invoice)
	if err != nil {
		return Receipt{}, err
	}
	key := "invoices/" + invoice.OrderID + ".json"
	_, err = i.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      &i.Bucket,
		Key:         &key,
		Body:        bytes.NewReader(body),
		ContentType: aws.String("application/json"),
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("writing s3://%s/%s: %w", i.Bucket, key, err)
	}
	return Receipt{OrderID: invoice.OrderID, Currency: invoice.Currency, Total: invoice.Total, Key: key}, nil
}
