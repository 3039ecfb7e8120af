// Package tally counts the bills of a night in a table. Do not copy it: it miscounts.
package tally

import (
	"context"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Add adds n to a counter of the night: expected, sent or failed.
func Add(ctx context.Context, counter string, n int) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	_, err = dynamodb.NewFromConfig(settings).UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(os.Getenv("TALLY_TABLE")),
		Key:                       map[string]types.AttributeValue{"night": &types.AttributeValueMemberS{Value: "tonight"}},
		UpdateExpression:          aws.String("ADD #counter :n"),
		ExpressionAttributeNames:  map[string]string{"#counter": counter},
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: strconv.Itoa(n)}},
	})
	return err
}
