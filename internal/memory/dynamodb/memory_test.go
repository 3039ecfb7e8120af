package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	local "github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
)

// memory returns a client of a database in memory that has the tables.
func memory(t *testing.T) (*dynamodb.Database, *sdk.Client) {
	t.Helper()
	d := dynamodb.New()
	createTables(t, d)
	return d, clientOf(d)
}

func createTables(t *testing.T, d *dynamodb.Database) {
	t.Helper()
	var all map[string]map[string]any
	if err := json.Unmarshal([]byte(tables), &all); err != nil {
		t.Fatal(err)
	}
	for name, properties := range all {
		if err := create(d, name, properties); err != nil {
			t.Fatal(err)
		}
	}
}

func create(d *dynamodb.Database, name string, properties map[string]any) error {
	schema, err := dynamodb.ReadSchema(properties)
	if err != nil {
		return err
	}
	return d.Create(name, schema)
}

// do sends requests, which must be answered, and returns the last answer.
func do(t *testing.T, client *sdk.Client, exchanges ...exchange) (answer string) {
	t.Helper()
	for _, x := range exchanges {
		var code, message string
		if answer, code, message = ask(t, client, x.operation, x.request, true); code != "" {
			t.Fatalf("%s %.300s: %s: %s", x.operation, x.request, code, message)
		}
	}
	return answer
}

// What follows is what DynamoDB does and dynalite does not.

func TestUpdatesOfListsUseTheIndexesBefore(t *testing.T) {
	_, client := memory(t)
	for update, expected := range map[string]string{
		"REMOVE l[0], l[1]":                    `["c","d"]`,
		"REMOVE l[1] SET l[2] = :x":            `["a","x","d"]`,
		"SET l[9] = :y, l[7] = :x":             `["a","b","c","d","x","y"]`,
		"REMOVE l[0] SET l[4] = :x":            `["b","c","d","x"]`,
		"REMOVE l[9]":                          `["a","b","c","d"]`,
		"SET l[0] = l[3], l[3] = l[0]":         `["d","b","c","a"]`,
		"REMOVE l[0], l[1], l[2], l[3]":        `[]`,
		"SET l = list_append(l, :l), z = l[0]": `["a","b","c","d","e"]`,
	} {
		do(t, client, put("Locks", `{"id": {"S": "l"}, "l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}, {"S": "d"}]}}`)...)
		all := map[string]string{":x": `{"S": "x"}`, ":y": `{"S": "y"}`, ":l": `{"L": [{"S": "e"}]}`}
		var values []string
		for name, v := range all {
			if strings.Contains(update, name) {
				values = append(values, fmt.Sprintf("%q: %s", name, v))
			}
		}
		request := fmt.Sprintf(`{"Key": {"id": {"S": "l"}}, "UpdateExpression": %q, "ReturnValues": "ALL_NEW"`, update)
		if len(values) > 0 {
			request += `, "ExpressionAttributeValues": {` + strings.Join(values, ", ") + "}"
		}
		var answer struct {
			Attributes struct {
				L struct{ L []struct{ S string } }
			}
		}
		if err := json.Unmarshal([]byte(do(t, client, on("UpdateItem", "Locks", request+"}")...)), &answer); err != nil {
			t.Fatal(err)
		}
		texts := []string{}
		for _, e := range answer.Attributes.L.L {
			texts = append(texts, e.S)
		}
		if got, _ := json.Marshal(texts); string(got) != expected {
			t.Errorf("%s: got %s, expected %s", update, got, expected)
		}
	}
}

func TestFailedConditionsReturnTheItem(t *testing.T) {
	_, client := memory(t)
	do(t, client, put("Locks", `{"id": {"S": "a"}, "owner": {"S": "x"}}`)...)
	for operation, request := range map[string]string{
		"PutItem":    `{"Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}`,
		"DeleteItem": `{"Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}`,
		"UpdateItem": `{"Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}`,
	} {
		err := send(t, client, operation, on(operation, "Locks", request)[0].request)
		refused, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
		if !ok || refused.Item["owner"].(*types.AttributeValueMemberS).Value != "x" {
			t.Errorf("%s: got %v, expected the error with the item", operation, err)
		}
	}
	err := send(t, client, "DeleteItem", on("DeleteItem", "Locks", `{"Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}`)[0].request)
	if refused, ok := errors.AsType[*types.ConditionalCheckFailedException](err); !ok || refused.Item != nil {
		t.Errorf("got %v, expected the error without the item", err)
	}
}

func TestATransactionDoesAllOrNothing(t *testing.T) {
	_, client := memory(t)
	do(t, client, put("Locks", `{"id": {"S": "a"}, "n": {"N": "1"}}`, `{"id": {"S": "b"}, "n": {"N": "1"}}`)...)
	const check = `{"ConditionCheck": {"TableName": "Locks", "Key": {"id": {"S": "a"}}, "ConditionExpression": "n = :v", "ExpressionAttributeValues": {":v": {"N": %q}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}`
	const rest = `{"Update": {"TableName": "Locks", "Key": {"id": {"S": "b"}}, "UpdateExpression": "SET n = n + :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}},
		{"Put": {"TableName": "Orders", "Item": {"customer": {"S": "t"}, "number": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(customer)"}},
		{"Delete": {"TableName": "Locks", "Key": {"id": {"S": "c"}}}}`
	transaction := func(n string) string {
		return `{"TransactItems": [` + fmt.Sprintf(check, n) + ", " + rest + `], "ReturnConsumedCapacity": "TOTAL"}`
	}
	const read = `{"TransactItems": [{"Get": {"TableName": "Locks", "Key": {"id": {"S": "b"}}, "ProjectionExpression": "n"}}, {"Get": {"TableName": "Orders", "Key": {"customer": {"S": "t"}, "number": {"N": "1"}}}}]}`

	err := send(t, client, "TransactWriteItems", transaction("2"))
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok || len(cancelled.CancellationReasons) != 4 {
		t.Fatalf("got %v, expected a cancelled transaction with four reasons", err)
	}
	if r := cancelled.CancellationReasons; *r[0].Code != "ConditionalCheckFailed" || r[0].Item["n"].(*types.AttributeValueMemberN).Value != "1" || *r[1].Code != "None" ||
		cancelled.ErrorMessage() != "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, None, None]" {
		t.Errorf("got %v with %+v", cancelled, r)
	}
	if got := do(t, client, exchange{operation: "TransactGetItems", request: read}); !strings.Contains(got, `[{"Item":{"n":{"N":"1"}}},{}]`) {
		t.Errorf("got %s, expected nothing to be written", got)
	}
	do(t, client, exchange{operation: "TransactWriteItems", request: transaction("1")})
	if got := do(t, client, exchange{operation: "TransactGetItems", request: read}); !strings.Contains(got, `{"Item":{"n":{"N":"2"}}}`) || !strings.Contains(got, `"customer":{"S":"t"}`) {
		t.Errorf("got %s, expected both writes", got)
	}
}

func TestTransactionsAreRefused(t *testing.T) {
	_, client := memory(t)
	const a = `{"TableName": "Locks", "Key": {"id": {"S": "a"}}}`
	for items, expected := range map[string]string{
		"":   "ValidationException",
		`{}`: "ValidationException",
		`{"Delete": ` + a + `}, {"Delete": ` + a + `}`: "ValidationException",
		`{"Delete": ` + a + `, "ConditionCheck": {"TableName": "Locks", "Key": {"id": {"S": "a"}}, "ConditionExpression": "attribute_exists(id)"}}`: "ValidationException",
		`{"Delete": {"TableName": "None", "Key": {"id": {"S": "a"}}}}`:                                                                              "ResourceNotFoundException",
		`{"Delete": {"TableName": "Locks", "Key": {"ids": {"S": "a"}}}}`:                                                                            "TransactionCanceledException",
		`{"Delete": {"TableName": "Locks", "Key": {"id": {"S": "a"}}, "ConditionExpression": "nope("}}`:                                             "ValidationException",
		strings.TrimSuffix(strings.Repeat(`{"Delete": `+a+`},`, 101), ","):                                                                          "ValidationException",
		`{"Update": {"TableName": "Locks", "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET x = y"}}`:                                            "TransactionCanceledException",
		`{"Put": {"TableName": "Locks", "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_exists(id)"}}`:                                "TransactionCanceledException",
	} {
		if _, code, message := ask(t, client, "TransactWriteItems", `{"TransactItems": [`+items+`]}`, false); code != expected {
			t.Errorf("%.200s: got %s: %s, expected %s", items, code, message, expected)
		}
	}
}

func TestATransactionWithATokenIsDoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := memory(t)
		add := func(n string) exchange {
			return exchange{operation: "TransactWriteItems", request: fmt.Sprintf(`{"ClientRequestToken": "token", "TransactItems": [{"Update": {"TableName": "Locks", "Key": {"id": {"S": "a"}},
				"UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": %q}}}}]}`, n)}
		}
		n := func() string {
			return do(t, client, on("GetItem", "Locks", `{"Key": {"id": {"S": "a"}}, "ProjectionExpression": "n"}`)...)
		}
		do(t, client, add("1"), add("1"))
		if got := n(); got != `{"Item":{"n":{"N":"1"}}}` {
			t.Errorf("got %s, expected it to be added once", got)
		}
		if _, code, _ := ask(t, client, "TransactWriteItems", add("2").request, false); code != "IdempotentParameterMismatchException" {
			t.Errorf("got %q, expected another request with the token to be refused", code)
		}
		time.Sleep(11 * time.Minute)
		do(t, client, add("2"))
		if got := n(); got != `{"Item":{"n":{"N":"3"}}}` {
			t.Errorf("got %s, expected the token to be free again", got)
		}
	})
}

func TestPagesHaveEachItemOnce(t *testing.T) {
	_, client := memory(t)
	const count = 60
	for i := range count {
		do(t, client, put("Orders", fmt.Sprintf(`{"customer": {"S": "c%d"}, "number": {"N": "%d"}, "state": {"S": "s"}, "due": {"S": "d%d"}, "pad": {"S": %q}}`,
			i%4, i-count/2, i%3, strings.Repeat("x", 20<<10)))...)
	}
	const all = `"ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "s"}}`
	for request, expected := range map[string]int{
		`{"IndexName": "ByState", "KeyConditionExpression": "#s = :s", ` + all:                                                           count,
		`{"IndexName": "ByState", "KeyConditionExpression": "#s = :s", "ScanIndexForward": false, "Limit": 7, ` + all:                    count,
		`{"IndexName": "ByDue", "KeyConditionExpression": "customer = :c", "Limit": 4, "ExpressionAttributeValues": {":c": {"S": "c1"}}`: count / 4,
		`{"KeyConditionExpression": "customer = :c", "ScanIndexForward": false, "ExpressionAttributeValues": {":c": {"S": "c1"}}`:        count / 4,
		`{`:                                     count,
		`{"Limit": 7`:                           count,
		`{"IndexName": "ByDue"`:                 count,
		`{"IndexName": "KeysByDue", "Limit": 1`: count,
		`{"Segment": 0, "TotalSegments": 2`:     -1,
		`{"Segment": 1, "TotalSegments": 2`:     -1,
	} {
		operation := "Query"
		if !strings.Contains(request, "KeyConditionExpression") {
			operation = "Scan"
		}
		var seen []string
		pages, start := 0, ""
		for {
			var page struct {
				Items []struct {
					Customer struct{ S string }
					Number   struct{ N string }
				}
				LastEvaluatedKey json.RawMessage
			}
			x := on(operation, "Orders", request+"}")
			if request == "{" {
				x = on(operation, "Orders", "{}")
			}
			if start != "" {
				x[0].request = strings.TrimSuffix(x[0].request, "}") + `, "ExclusiveStartKey": ` + start + "}"
			}
			if err := json.Unmarshal([]byte(do(t, client, x...)), &page); err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				seen = append(seen, item.Customer.S+" "+item.Number.N)
			}
			if pages++; page.LastEvaluatedKey == nil {
				break
			}
			start = string(page.LastEvaluatedKey)
		}
		slices.Sort(seen)
		if n := len(slices.Compact(slices.Clone(seen))); n != len(seen) || expected >= 0 && n != expected || expected < 0 && (n < 10 || n > 50) || pages < 2 && (strings.Contains(request, "Limit") || request == "{") {
			t.Errorf("%s}: got %d items, %d of them distinct, in %d pages, expected %d in several", request, len(seen), n, pages, expected)
		}
	}
}

func TestOlderFiltersAreJoined(t *testing.T) {
	_, client := memory(t)
	do(t, client, orders()...)
	for operator, expected := range map[string]int{"OR": 6, "AND": 0} {
		request := fmt.Sprintf(`{"ScanFilter": {"amount": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "3"}]}, "due": {"ComparisonOperator": "NULL"}}, "ConditionalOperator": %q, "Select": "COUNT"}`, operator)
		if got := do(t, client, on("Scan", "Orders", request)...); !strings.Contains(got, fmt.Sprintf(`"Count":%d,`, expected)) {
			t.Errorf("%s: got %s, expected %d", operator, got, expected)
		}
	}
}

func TestTablesAreDescribed(t *testing.T) {
	_, client := memory(t)
	do(t, client, orders()...)
	if err := sdk.NewTableExistsWaiter(client).Wait(t.Context(), &sdk.DescribeTableInput{TableName: aws.String("Orders")}, time.Second); err != nil {
		t.Error(err)
	}
	described, err := client.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: aws.String("Orders")})
	if err != nil {
		t.Fatal(err)
	}
	if x := described.Table; *x.ItemCount != 12 || len(x.GlobalSecondaryIndexes) != 2 || x.GlobalSecondaryIndexes[0].IndexStatus != "ACTIVE" || *x.LocalSecondaryIndexes[0].ItemCount != 9 ||
		x.KeySchema[1].KeyType != "RANGE" || *x.TableArn != "arn:aws:dynamodb:us-east-1:123456789012:table/Orders" {
		t.Errorf("got %+v", x)
	}
	if got := do(t, client, exchange{operation: "ListTables", request: `{"Limit": 2}`}); got != `{"LastEvaluatedTableName":"Locks","TableNames":["Blobs","Locks"]}` {
		t.Errorf("got %s", got)
	}
	if got := do(t, client, exchange{operation: "ListTables", request: `{"ExclusiveStartTableName": "Locks"}`}); got != `{"TableNames":["Orders"]}` {
		t.Errorf("got %s", got)
	}
	if _, code, message := ask(t, client, "DeleteTable", `{"TableName": "Locks"}`, false); code != "UnknownOperationException" || !strings.Contains(message, "TransactWriteItems") {
		t.Errorf("got %s: %s, expected the operations that are there", code, message)
	}
	// A table may be named by its ARN.
	do(t, client, on("GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/Locks", `{"Key": {"id": {"S": "a"}}}`)...)
}

func TestTablesAreCreated(t *testing.T) {
	d := dynamodb.New()
	client := clientOf(d)
	const stock = `{"TableName": "Stock", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "shop", "AttributeType": "S"}],
		"GlobalSecondaryIndexes": [{"IndexName": "ByShop", "KeySchema": [{"AttributeName": "shop", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}`
	for _, step := range []struct{ operation, request, code string }{
		{"PutItem", `{"TableName": "Stock", "Item": {"id": {"S": "1"}}}`, "ResourceNotFoundException"},
		{"CreateTable", `{"TableName": "Stock", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": []}`, "ValidationException"},
		{"CreateTable", `{"TableName": "S", "KeySchema": [], "AttributeDefinitions": []}`, "ValidationException"},
		{"CreateTable", stock, ""},
		{"CreateTable", stock, "ResourceInUseException"},
		{"PutItem", `{"TableName": "Stock", "Item": {"id": {"S": "1"}, "shop": {"S": "a"}}}`, ""},
		{"PutItem", `{"TableName": "Stock", "Item": {"shop": {"S": "a"}}}`, "ValidationException"},
		{"DescribeTable", `{"TableName": "Stock"}`, ""},
	} {
		if _, code, message := ask(t, client, step.operation, step.request, false); code != step.code {
			t.Errorf("%s %s: got %s: %s, expected %q", step.operation, step.request, code, message, step.code)
		}
	}
	found, err := client.Query(t.Context(), &sdk.QueryInput{TableName: aws.String("Stock"), IndexName: aws.String("ByShop"), KeyConditionExpression: aws.String("shop = :a"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":a": &types.AttributeValueMemberS{Value: "a"}}})
	if err != nil || found.Count != 1 {
		t.Errorf("got %+v and %v, expected the item of the index", found, err)
	}
}

func TestTablesThatAreNotValid(t *testing.T) {
	for properties, expected := range map[string]string{
		`{}`: "table Bad: got the key schema",
		`{"KeySchema": [{"AttributeName": "a", "KeyType": "RANGE"}], "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}]}`: "key schema",
		`{"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}`:                                                                          "key a",
		`{"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
			"GlobalSecondaryIndexes": [{"IndexName": "ByB", "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}]}]}`: "index ByB",
		`{"KeySchema": "a"}`: "KeySchema",
	} {
		var p map[string]any
		if err := json.Unmarshal([]byte(properties), &p); err != nil {
			t.Fatal(err)
		}
		if err := create(dynamodb.New(), "Bad", p); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got %v, expected an error about %s", properties, err, expected)
		}
	}
}

func TestDoAnswersTasks(t *testing.T) {
	d, _ := memory(t)
	header, body, err := d.Do(t.Context(), "PutItem", []byte(`{"TableName": "Locks", "Item": {"id": {"S": "a"}}}`))
	if err != nil || string(body) != "{}" || header.Get("Content-Length") != "2" || header.Get("X-Amz-Crc32") != "2745614147" || len(header.Get("X-Amzn-Requestid")) != 52 {
		t.Errorf("got %v, %s and %v, expected the answer with its headers", header, body, err)
	}
	for request, expected := range map[string]local.Error{
		`{"TableName": "Locks", "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}`: {Name: "ConditionalCheckFailedException", Message: "The conditional request failed"},
		`{"TableName": "Locks"}`:       {Name: "ValidationException", Message: "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"},
		`{}`:                           {Name: "ValidationException", Message: "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; Value null at 'item' failed to satisfy constraint: Member must not be null"},
		`[]`:                           {Name: "SerializationException", Message: `got "[]", expected a JSON object`},
		`{"TableName": 1, "Item": {}}`: {Name: "SerializationException", Message: "TableName cannot be converted to String"},
		`{"TableName": "Locks", "Item": {"id": "a"}}`:                  {Name: "SerializationException", Message: "Unexpected value type in payload"},
		`{"TableName": "Locks", "Item": {"id": {"S": 1}}}`:             {Name: "SerializationException", Message: "NUMBER_VALUE cannot be converted to String"},
		`{"TableName": "Locks", "Item": {"id": {"B": "A"}}}`:           {Name: "SerializationException", Message: "Base64 encoded length is expected a multiple of 4 bytes but found: 1"},
		`{"TableName": "Locks", "Item": {"id": {}}}`:                   {Name: "ValidationException", Message: "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		`{"TableName": "Locks", "Item": {"id": {"S": "a", "N": "1"}}}`: {Name: "ValidationException", Message: "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
	} {
		_, _, err := d.Do(t.Context(), "PutItem", []byte(request))
		refused, ok := errors.AsType[*local.Error](err)
		if !ok || refused.Name != expected.Name || refused.Message != expected.Message || refused.Status != 400 || refused.RequestID == "" {
			t.Errorf("%s: got %v, expected %v", request, err, &expected)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Do(ended, "PutItem", []byte(`{"TableName": "Locks", "Item": {"id": {"S": "late"}}}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, expected a request to fail whose context has ended", err)
	}
}

func TestWritesAreAtomic(t *testing.T) {
	_, client := memory(t)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 50 {
				_ = send(t, client, "UpdateItem", `{"TableName": "Locks", "Key": {"id": {"S": "n"}}, "UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}`)
			}
		})
	}
	running.Wait()
	if got := do(t, client, on("GetItem", "Locks", `{"Key": {"id": {"S": "n"}}}`)...); !strings.Contains(got, `"n":{"N":"400"}`) {
		t.Errorf("got %s, expected 400 additions", got)
	}
}

func TestABatchHasAtMost16MB(t *testing.T) {
	d, client := memory(t)
	const count = 45 // of 390 KB
	var keys []string
	for i := range count {
		body := fmt.Sprintf(`{"TableName": "Locks", "Item": {"id": {"S": "%d"}, "v": {"S": %q}}}`, i, strings.Repeat("x", 390<<10))
		if _, _, err := d.Do(t.Context(), "PutItem", []byte(body)); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, fmt.Sprintf(`{"id": {"S": "%d"}}`, i))
	}
	request := `{"RequestItems": {"Locks": {"Keys": [` + strings.Join(keys, ", ") + `], "ProjectionExpression": "id"}}}`
	var answer struct {
		Responses       struct{ Locks []any }
		UnprocessedKeys struct {
			Locks struct {
				Keys                 []any
				ProjectionExpression string
			}
		}
	}
	if err := json.Unmarshal([]byte(do(t, client, exchange{operation: "BatchGetItem", request: request})), &answer); err != nil {
		t.Fatal(err)
	}
	left := answer.UnprocessedKeys.Locks
	if n := len(answer.Responses.Locks); n != 42 || n+len(left.Keys) != count || left.ProjectionExpression != "id" {
		t.Errorf("got %d items, and %d keys left with the projection %q, expected 42 and 3 with that of the request", n, len(left.Keys), left.ProjectionExpression)
	}
}
