package dynamodb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
)

// tables are the tables of the conformance test, as CloudFormation writes them.
const tables = `{
"Locks": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]},
"Orders": {
	"KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
	"AttributeDefinitions": [{"AttributeName": "customer", "AttributeType": "S"}, {"AttributeName": "number", "AttributeType": "N"},
		{"AttributeName": "state", "AttributeType": "S"}, {"AttributeName": "due", "AttributeType": "S"}],
	"GlobalSecondaryIndexes": [
		{"IndexName": "ByState", "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}},
		{"IndexName": "KeysByDue", "KeySchema": [{"AttributeName": "due", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"LocalSecondaryIndexes": [
		{"IndexName": "ByDue", "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["amount"]}}]},
"Blobs": {"KeySchema": [{"AttributeName": "hash", "KeyType": "HASH"}, {"AttributeName": "part", "KeyType": "RANGE"}],
	"AttributeDefinitions": [{"AttributeName": "hash", "AttributeType": "N"}, {"AttributeName": "part", "AttributeType": "B"}]}}`

// databases returns clients of a database in memory and of dynalite, which have the
// same tables.
func databases(t *testing.T) (memory, dynalite *sdk.Client) {
	t.Helper()
	real := dynamodbtest.Start(t)
	d := dynamodb.New()
	createTables(t, d)
	var all map[string]map[string]any
	if err := json.Unmarshal([]byte(tables), &all); err != nil {
		t.Fatal(err)
	}
	for name, properties := range all {
		if err := real.CreateTable(context.Background(), name, properties); err != nil {
			t.Fatal(err)
		}
	}
	return clientOf(d), sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(real.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), Retryer: aws.NopRetryer{}})
}

// exchange is a request, the answer to which is compared.
type exchange struct {
	operation, request string
	// instead is the message of DynamoDB's ValidationException, if dynalite has another
	// one or accepts the request.
	instead string
}

func TestAnswersAreThoseOfDynalite(t *testing.T) {
	memory, dynalite := databases(t)
	count, refusals := 0, 0
	for _, group := range conformance() {
		for i, x := range group.exchanges {
			count++
			sorted := x.operation == "Scan" || x.operation == "BatchGetItem"
			got, code, message := ask(t, memory, x.operation, x.request, sorted)
			expected, expectedCode, expectedMessage := ask(t, dynalite, x.operation, x.request, sorted)
			if x.instead != "" {
				expected, expectedCode, expectedMessage = "", "ValidationException", x.instead
			}
			if expectedCode != "" {
				refusals++
			}
			if got != expected || code != expectedCode || message != expectedMessage {
				t.Errorf("%s, request %d: %s %s:\ngot      %s%s: %s\nexpected %s%s: %s", group.name, i+1, x.operation, x.request,
					got, code, message, expected, expectedCode, expectedMessage)
			}
		}
	}
	t.Logf("%d requests, %d of them refused", count, refusals)
}

// group are requests about one subject.
type group struct {
	name      string
	exchanges []exchange
}

// put returns requests that put items into a table.
func put(table string, items ...string) []exchange {
	var list []exchange
	for _, item := range items {
		list = append(list, exchange{operation: "PutItem", request: fmt.Sprintf(`{"TableName": %q, "Item": %s}`, table, item)})
	}
	return list
}

// on returns requests of an operation on a table, each with these members.
func on(operation, table string, requests ...string) []exchange {
	var list []exchange
	for _, request := range requests {
		separator := ", "
		if request == "{}" {
			separator = ""
		}
		list = append(list, exchange{operation: operation, request: fmt.Sprintf(`{"TableName": %q%s%s`, table, separator, strings.TrimPrefix(request, "{"))})
	}
	return list
}
