// Package refund checks refunds and pays them.
package refund

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Request asks for the refund of an order.
type Request struct {
	Order    string `json:"order"`
	Customer string `json:"customer"`
	Amount   int    `json:"amount"` // cents
}

// Receipt says what was paid.
type Receipt struct {
	Order string `json:"order"`
	Paid  int    `json:"paid"` // cents
}

// TooLarge is the error of a refund that the shop does not pay.
type TooLarge struct{ Amount int }

func (e TooLarge) Error() string {
	return fmt.Sprintf("got %d cents, expected at most 100,000", e.Amount)
}

// Check returns the request if the shop pays refunds of its amount.
func Check(_ context.Context, r Request) (Request, error) {
	if r.Amount > 100_000 {
		return r, TooLarge{r.Amount}
	}
	return r, nil
}

// Payer pays into the accounts of customers.
type Payer struct {
	Client *dynamodb.Client
	Table  string
}

// Pay adds the amount to the customer's account. A refund that was paid before is not
// paid again: Step Functions repeats an invocation whose answer it did not get.
func (p Payer) Pay(ctx context.Context, r Request) (Receipt, error) {
	_, err := p.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:        &p.Table,
		Key:              map[string]types.AttributeValue{"customer": &types.AttributeValueMemberS{Value: r.Customer}},
		UpdateExpression: aws.String("ADD balance :amount, refunds :orders"),
		// docs: condition
		ConditionExpression: aws.String("NOT contains(refunds, :order)"),
		// docs: end
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":amount": &types.AttributeValueMemberN{Value: strconv.Itoa(r.Amount)},
			":orders": &types.AttributeValueMemberSS{Value: []string{r.Order}},
			":order":  &types.AttributeValueMemberS{Value: r.Order},
		},
	})
	if err != nil && !errors.As(err, new(*types.ConditionalCheckFailedException)) {
		return Receipt{}, err
	}
	return Receipt{Order: r.Order, Paid: r.Amount}, nil
}
