package invoicing

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/job"
)

// Night says which orders to invoice.
type Night struct {
	// Date is a day, 2026-11-01, or a time of it, 2026-11-01T02:00:00Z, whose day
	// in UTC it is. A schedule says for which time it is, so that an event that
	// comes late, or once more, is still about the same night.
	// None: the day on which the job started, or today, in UTC.
	Date string `json:"date"`
}

// day is the night's day in UTC, as the index has it.
func (n Night) day(ctx context.Context) (string, error) {
	if n.Date == "" {
		started := job.InfoOf(ctx).StartedAt // workflow
		if started.IsZero() {                // workflow
			started = time.Now() // workflow
		} // workflow
		return started.UTC().Format(time.DateOnly), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, n.Date); err == nil {
			return at.UTC().Format(time.DateOnly), nil
		}
	}
	return "", job.Fail("InvalidDate", "got date %q, expected one such as 2026-11-01, or a time such as 2026-11-01T02:00:00Z", n.Date)
}

// Orders is the table of orders. Its index has the day on which an order is
// due as its partition key.
type Orders struct {
	Client dynamodb.QueryAPIClient
	Table  string
	Index  string
}

// Due yields the orders that are due, a page of the index at a time.
func (o *Orders) Due(ctx context.Context, night Night) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		date, err := night.day(ctx)
		if err != nil {
			yield(Order{}, err)
			return
		}
		pages := dynamodb.NewQueryPaginator(o.Client, &dynamodb.QueryInput{
			TableName:                 &o.Table,
			IndexName:                 &o.Index,
			KeyConditionExpression:    aws.String("due = :date"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":date": &types.AttributeValueMemberS{Value: date}},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Order{}, fmt.Errorf("reading the orders due on %s: %w", date, err))
				return
			}
			for _, attributes := range page.Items {
				var order Order
				if err := attributevalue.UnmarshalMap(attributes, &order); err != nil {
					yield(Order{}, fmt.Errorf("reading an order due on %s: %w", date, err))
					return
				}
				if !yield(order, nil) {
					return
				}
			}
		}
	}
}
