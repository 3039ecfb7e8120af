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

// Night selects the orders to invoice: those that are due on its day.
type Night struct {
	// Date is a day, such as 2026-11-01, or a time, such as 2026-11-01T02:00:00Z,
	// which selects its day in UTC. A schedule sends the time that it was set to,
	// so a late or repeated event selects the same orders.
	// Default: the day on which the job started, or today, in UTC.
	Date string `json:"date"`
}

// day returns the night's day in UTC, in the format of the index.
func (n Night) day(ctx context.Context) (string, error) {
	if n.Date == "" {
		started := job.InfoOf(ctx).StartedAt
		if started.IsZero() {
			started = time.Now()
		}
		return started.UTC().Format(time.DateOnly), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, n.Date); err == nil {
			return at.UTC().Format(time.DateOnly), nil
		}
	}
	return "", job.Errorf("InvalidDate", "got date %q, expected one such as 2026-11-01, or a time such as 2026-11-01T02:00:00Z", n.Date)
}

// Orders reads the table of orders. The partition key of its index is the day
// on which an order is due.
type Orders struct {
	Client dynamodb.QueryAPIClient
	Table  string
	Index  string
}

// Due yields the orders that are due. It reads the index page by page.
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
