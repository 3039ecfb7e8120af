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
	Date string `json:"date"` // 2026-11-01; none: the day on which the job started, or today, in UTC
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
		date := night.Date
		if date == "" {
			started := job.InfoOf(ctx).StartedAt // workflow
			if started.IsZero() {                // workflow
				started = time.Now() // workflow
			} // workflow
			date = started.UTC().Format(time.DateOnly)
		}
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			yield(Order{}, job.Fail("InvalidDate", "got date %q, expected one such as 2026-11-01", date))
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
