package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/unsupported"
	"github.com/mapjob/mapjob/internal/value"
)

// Database answers the operations of DynamoDB.
type Database interface {
	// Do sends a request, such as PutItem, in DynamoDB's JSON, and returns the
	// answer. If DynamoDB refuses the request, the error is a [*dynamodb.Error].
	Do(ctx context.Context, operation string, body []byte) (http.Header, []byte, error)
}

func optimizedDynamoDBNaming() naming {
	return naming{prefix: "DynamoDB", service: "AmazonDynamoDBv2", fallback: "AmazonDynamoDBException"}
}

func sdkDynamoDBNaming() naming {
	return naming{prefix: "DynamoDb", service: "DynamoDb", fallback: "DynamoDbException", sdk: true}
}

// hasDynamoDB reports whether the DynamoDB of this machine has an operation. It
// answers DescribeTimeToLive too, but deletes nothing.
func hasDynamoDB(action string) bool {
	switch action {
	case "batchGetItem", "batchWriteItem", "createTable", "deleteItem", "deleteTable", "describeTable", "getItem", "listTables",
		"listTagsOfResource", "putItem", "query", "scan", "tagResource", "untagResource", "updateItem", "updateTable":
		return true
	}
	return false
}

// isDynamoDBException reports whether an error has a class of its own in the
// SDKs (DynamoDB API reference, "Errors" of each operation). All others, such as
// ValidationException, are the service's general exception.
func isDynamoDBException(name string) bool {
	switch name {
	case "ConditionalCheckFailedException", "ItemCollectionSizeLimitExceededException", "LimitExceededException",
		"ProvisionedThroughputExceededException", "ResourceInUseException", "ResourceNotFoundException":
		return true
	}
	return false
}

// optimizedDynamoDB answers arn:aws:states:::dynamodb:ACTION.
func (s *Services) optimizedDynamoDB(action string) engine.IntegrationFunc {
	return func(ctx context.Context, request *engine.Request) (any, error) {
		answer, response, err := s.askDynamoDB(ctx, action, request, optimizedDynamoDBNaming())
		if err != nil {
			return nil, err
		}
		addMetadata(answer, response.Get("X-Amzn-Requestid"),
			header{"Connection", "keep-alive"},
			header{"Content-Length", response.Get("Content-Length")},
			header{"Content-Type", response.Get("Content-Type")},
			header{"Date", response.Get("Date")},
			header{"Server", "Server"},
			header{"x-amz-crc32", response.Get("X-Amz-Crc32")},
		)
		return answer, nil
	}
}

// sdkDynamoDB answers arn:aws:states:::aws-sdk:dynamodb:ACTION.
func (s *Services) sdkDynamoDB(action string) (engine.IntegrationFunc, error) {
	if !hasDynamoDB(action) {
		return nil, unsupported.DynamoDBAction.Error(awscall.Operation(action))
	}
	return func(ctx context.Context, request *engine.Request) (any, error) {
		answer, _, err := s.askDynamoDB(ctx, action, request, sdkDynamoDBNaming())
		if err != nil {
			return nil, err
		}
		return answer, nil
	}, nil
}

func (s *Services) askDynamoDB(ctx context.Context, action string, request *engine.Request, names naming) (*value.Object, http.Header, error) {
	header, body, err := s.Database.Do(ctx, awscall.Operation(action), value.Encode(withoutNulls(request.Parameters)))
	if refused, ok := errors.AsType[*dynamodb.Error](err); ok {
		r := refusal{code: refused.Name, message: refused.Message, status: refused.Status, requestID: refused.RequestID}
		if isDynamoDBException(refused.Name) {
			r.name = refused.Name
		}
		return nil, nil, names.refuse(ctx, r)
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
