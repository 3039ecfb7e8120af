package invoiceall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/lambdas/eventhandler/invoiceall"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// table has three orders that are due. The second one is invalid.
type table struct{ err error }

func (d table) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	answer := &dynamodb.QueryOutput{}
	for i, quantity := range []int{1, 0, 2} {
		order, err := attributevalue.MarshalMap(invoicing.Order{ID: fmt.Sprint("ORD-", i+1), Customer: "Aalto Foods", Currency: "EUR",
			Lines: []invoicing.Line{{SKU: "A", Quantity: quantity, UnitPrice: "1.00"}}})
		if err != nil {
			return nil, err
		}
		answer.Items = append(answer.Items, order)
	}
	return answer, d.err
}

type bucket struct {
	keys []string
	err  error
}

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	b.keys = append(b.keys, *in.Key)
	return nil, b.err
}

func TestARefusedOrderIsSkippedAndOtherErrorsEndTheInvocation(t *testing.T) {
	lost := errors.New("no connection")
	for name, c := range map[string]struct {
		table    table
		bucket   *bucket
		expected []string
		err      error
	}{
		"all":                {table{}, &bucket{}, []string{"invoices/ORD-1.json", "invoices/ORD-3.json"}, nil},
		"without the orders": {table{lost}, &bucket{}, nil, lost},
		"without the bucket": {table{}, &bucket{err: lost}, []string{"invoices/ORD-1.json"}, lost},
	} {
		handler := &invoiceall.Handler{
			Orders:   &invoicing.Orders{Client: c.table, Table: "orders", Index: "due"},
			Invoices: &invoicing.Invoices{Client: c.bucket, Bucket: "invoices"},
		}
		err := handler.Handle(t.Context(), invoicing.Night{Date: "2026-11-01"})
		if !errors.Is(err, c.err) {
			t.Errorf("%s: got error %v, expected %v", name, err, c.err)
		}
		if diff := cmp.Diff(c.expected, c.bucket.keys); diff != "" {
			t.Errorf("%s: invoices (-expected +got):\n%s", name, diff)
		}
	}
}
