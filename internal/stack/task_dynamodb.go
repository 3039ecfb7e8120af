package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

var (
	optimizedDynamoDB = naming{prefix: "DynamoDB", service: "AmazonDynamoDBv2", fallback: "AmazonDynamoDBException"}
	sdkDynamoDB       = naming{prefix: "DynamoDb", service: "DynamoDb", fallback: "DynamoDbException", sdk: true}
)

// dynaliteActions are the operations that the DynamoDB of this machine has.
// It answers DescribeTimeToLive too, but deletes nothing.
var dynaliteActions = []string{
	"batchGetItem", "batchWriteItem", "createTable", "deleteItem", "deleteTable", "describeTable", "getItem", "listTables",
	"listTagsOfResource", "putItem", "query", "scan", "tagResource", "untagResource", "updateItem", "updateTable",
}

// dynamoDBExceptions are the errors that have a class of their own in the SDKs
// (DynamoDB API reference, "Errors" of each operation). All others, such as
// ValidationException, are the service's general exception.
var dynamoDBExceptions = []string{
	"ConditionalCheckFailedException", "ItemCollectionSizeLimitExceededException", "LimitExceededException",
	"ProvisionedThroughputExceededException", "ResourceInUseException", "ResourceNotFoundException",
}

// optimizedTask is arn:aws:states:::dynamodb:ACTION.
func optimizedTask(d *dynamodb.Database, action string) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		answer, header, err := ask(ctx, d, action, request, optimizedDynamoDB)
		if err != nil {
			return nil, err
		}
		addMetadata(answer, header.Get("X-Amzn-Requestid"), map[string]string{
			"Connection":     "keep-alive",
			"Content-Length": header.Get("Content-Length"),
			"Content-Type":   header.Get("Content-Type"),
			"Date":           header.Get("Date"),
			"Server":         "Server",
			"x-amz-crc32":    header.Get("X-Amz-Crc32"),
		})
		return answer, nil
	}
}

// sdkTask is arn:aws:states:::aws-sdk:dynamodb:ACTION.
func sdkTask(d *dynamodb.Database, action string) (engine.IntegrationFunc, error) {
	if !slices.Contains(dynaliteActions, action) {
		return nil, fmt.Errorf("the DynamoDB of this machine (dynalite) has no %s: it has neither transactions nor a time to live, backups or PartiQL", upperFirst(action))
	}
	return func(ctx context.Context, request *engine.Request) (any, error) {
		answer, _, err := ask(ctx, d, action, request, sdkDynamoDB)
		if err != nil {
			return nil, err
		}
		return answer, nil
	}, nil
}

func ask(ctx context.Context, d *dynamodb.Database, action string, request *engine.Request, names naming) (*value.Object, http.Header, error) {
	header, body, err := d.Do(ctx, upperFirst(action), value.Append(nil, withoutNulls(request.Parameters)))
	if refused, ok := errors.AsType[*dynamodb.Error](err); ok {
		r := refusal{code: refused.Name, message: refused.Message, status: refused.Status, requestID: refused.RequestID}
		if slices.Contains(dynamoDBExceptions, refused.Name) {
			r.name = refused.Name
		}
		return nil, nil, names.refuse(r)
	}
	if err != nil {
		return nil, nil, names.unreachable(err)
	}
	v, err := value.Parse(body)
	answer, ok := v.(*value.Object)
	if err != nil || !ok {
		return nil, nil, names.unreachable(fmt.Errorf("got %q, expected a JSON object", body))
	}
	return answer, header, nil
}
