package shop

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mapjob/mapjob/job"
)

// Day is the input of an execution.
type Day struct {
	Day string `json:"day"`
}

// Orders is a table of orders. Its partition key is the day.
type Orders struct {
	Client *dynamodb.Client
	Table  string
}

// Due yields the orders of a day, page by page.
func (o *Orders) Due(ctx context.Context, in Day) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		if in.Day == "" {
			yield(Order{}, job.Errorf("NoDay", `got no day, expected an input such as {"day": "2026-11-01"}`))
			return
		}
		pages := dynamodb.NewQueryPaginator(o.Client, &dynamodb.QueryInput{
			TableName:                 &o.Table,
			KeyConditionExpression:    aws.String("#day = :day"),
			ExpressionAttributeNames:  map[string]string{"#day": "day"},
			ExpressionAttributeValues: map[string]types.AttributeValue{":day": &types.AttributeValueMemberS{Value: in.Day}},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Order{}, fmt.Errorf("reading the orders of %s: %w", in.Day, err))
				return
			}
			for _, attributes := range page.Items {
				var order Order
				err := attributevalue.UnmarshalMapWithOptions(attributes, &order, func(d *attributevalue.DecoderOptions) { d.TagKey = "json" })
				if !yield(order, err) || err != nil {
					return
				}
			}
		}
	}
}

// ChargeAll charges the orders of a day, one after the other, and returns how many.
func (o *Orders) ChargeAll(ctx context.Context, in Day) (charged int, err error) {
	for order, err := range o.Due(ctx, in) {
		if err != nil {
			return charged, err
		}
		if _, err := Charge(ctx, order); err != nil {
			return charged, err
		}
		charged++
	}
	return charged, nil
}
