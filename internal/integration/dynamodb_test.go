package integration

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
)

func TestConditionalWritesFailByName(t *testing.T) {
	put := object{
		"TableName": tableName, "Item": object{"id": object{"S": "job"}, "owner": object{"S": "{% $states.input.owner %}"}},
		"ConditionExpression": "attribute_not_exists(id)",
	}
	names := map[string]string{
		"arn:aws:states:::dynamodb:putItem":         "DynamoDB.ConditionalCheckFailedException",
		"arn:aws:states:::aws-sdk:dynamodb:putItem": "DynamoDb.ConditionalCheckFailedException",
	}
	// The texts are those of recorded executions, with the message of another error.
	causes := map[string]string{
		"arn:aws:states:::dynamodb:putItem":         `^The conditional request failed \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; Request ID: \w+; Proxy: null\)$`,
		"arn:aws:states:::aws-sdk:dynamodb:putItem": `^The conditional request failed \(Service: DynamoDb, Status Code: 400, Request ID: \w+\) \(SDK Attempt Count: 1\)$`,
	}
	for resource, name := range names {
		take := func(next string) object {
			return object{"Type": "Task", "Resource": resource, "Arguments": put, "Output": "{% $states.input %}", "Next": next,
				"Catch": []object{{"ErrorEquals": []string{name}, "Next": "Conflict", "Output": "{% $states.errorOutput %}"}}}
		}
		w := start(t, map[string]object{"Machine": {"StartAt": "Take", "States": object{
			"Take":     take("Again"),
			"Again":    take("Lost"),
			"Conflict": object{"Type": "Succeed"},
			"Lost":     object{"Type": "Fail", "Error": "Lost"},
		}}})
		got := w.output(t, "Machine", `{"owner": "a"}`)
		if cause, _ := got["Cause"].(string); got["Error"] != name || !regexp.MustCompile(causes[resource]).MatchString(cause) {
			t.Errorf("%s: got %v, expected the error %s with a cause like %s", resource, got, name, causes[resource])
		}
	}
}

func TestAnswersOfDynamoDBHaveTheRecordedShape(t *testing.T) {
	key := object{"TableName": tableName, "Key": object{"id": object{"S": "id1"}}}
	w := start(t, map[string]object{
		"Put": single("arn:aws:states:::dynamodb:putItem", object{"TableName": tableName,
			"Item": object{"data": object{"S": "string-literal"}, "id": object{"S": "id1"}}}),
		"Get": single("arn:aws:states:::dynamodb:getItem", key),
		"Update": single("arn:aws:states:::dynamodb:updateItem", object{"TableName": tableName, "Key": key["Key"],
			"UpdateExpression": "SET amount = :n", "ExpressionAttributeValues": object{":n": object{"N": "1.50"}}, "ReturnValues": "ALL_NEW"}),
		"Query": single("arn:aws:states:::aws-sdk:dynamodb:query", object{"TableName": tableName, "KeyConditionExpression": "id = :id",
			"ExpressionAttributeValues": object{":id": object{"S": "id1"}}}),
		"Delete": single("arn:aws:states:::dynamodb:deleteItem", key),
		"SDKGet": single("arn:aws:states:::aws-sdk:dynamodb:getItem", key),
	})
	if put := w.output(t, "Put", `{}`); len(put) != 2 || enginetest.At(put, "SdkHttpMetadata", "HttpHeaders", "Content-Length") != "2" {
		t.Errorf("got %v, expected the metadata of an answer without members, as recorded", put)
	}
	got := w.output(t, "Get", `{}`)
	if enginetest.At(got, "Item", "data", "S") != "string-literal" || enginetest.At(got, "SdkHttpMetadata", "HttpStatusCode") != 200.0 {
		t.Errorf("got %v, expected the item with its metadata", got)
	}
	headers, _ := enginetest.At(got, "SdkHttpMetadata", "AllHttpHeaders").(object)
	for _, name := range []string{"Connection", "Content-Length", "Content-Type", "Date", "Server", "x-amz-crc32", "x-amzn-RequestId"} {
		if list, _ := headers[name].([]any); len(list) != 1 || list[0] == "" {
			t.Errorf("got header %s %v, expected a list of one text, as recorded", name, headers[name])
		}
	}
	if length := enginetest.At(got, "SdkHttpMetadata", "HttpHeaders", "Content-Length"); length != "57" {
		t.Errorf("got a length of %v, expected 57, as recorded for the same item", length)
	}
	if id := enginetest.At(got, "SdkResponseMetadata", "RequestId"); id == "" || id != enginetest.At(got, "SdkHttpMetadata", "HttpHeaders", "x-amzn-RequestId") {
		t.Errorf("got request ID %v, expected that of the headers", id)
	}
	if n := enginetest.At(w.output(t, "Update", `{}`), "Attributes", "amount", "N"); n != "1.50" && n != "1.5" {
		t.Errorf("got %v, expected the number that was set", n)
	}
	query := w.output(t, "Query", `{}`)
	if enginetest.At(query, "Count") != 1.0 || query["SdkHttpMetadata"] != nil {
		t.Errorf("got %v, expected one item and no metadata, which aws-sdk integrations do not have", query)
	}
	w.output(t, "Delete", `{}`)
	if gone := w.output(t, "SDKGet", `{}`); len(gone) != 0 {
		t.Errorf("got %v, expected an empty object for an item that is gone", gone)
	}
}

// The errors and causes are those of recorded executions.
func TestErrorsOfDynamoDBHaveTheRecordedTexts(t *testing.T) {
	item := object{"id": object{"S": "id1"}}
	w := start(t, map[string]object{
		"NoTable": single("arn:aws:states:::dynamodb:putItem", object{"TableName": "none", "Item": item}),
		"Null":    single("arn:aws:states:::aws-sdk:dynamodb:putItem", object{"TableName": tableName, "Item": nil}),
		"General": single("arn:aws:states:::dynamodb:putItem", object{"TableName": tableName, "Item": object{"other": object{"S": "x"}}}),
	})
	for name, expected := range map[string][2]string{
		"NoTable": {"DynamoDB.ResourceNotFoundException", "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: "},
		"Null": {"DynamoDb.DynamoDbException",
			"1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null (Service: DynamoDb, Status Code: 400, Request ID: "},
		"General": {"DynamoDB.AmazonDynamoDBException", "One or more parameter values were invalid: Missing the key id in the item (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: "},
	} {
		x := w.execute(t, name, `{}`)
		if x.Status != engine.Failed || x.Error != expected[0] || !strings.HasPrefix(x.Cause, expected[1]) {
			t.Errorf("%s: got %s: %s, expected %s: %s", name, x.Error, x.Cause, expected[0], expected[1])
		}
	}
}
