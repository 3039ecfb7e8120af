package dynamodb_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
	"github.com/mapjob/mapjob/internal/loopback/loopbacktest"
)

func TestNoPageUsesATable(t *testing.T) {
	d := dynamodbtest.Start(t)
	err := d.CreateTable(t.Context(), "Orders", map[string]any{
		"KeySchema":            []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
	})
	if err == nil {
		_, err = d.Put(t.Context(), "Orders", func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(`{"id":"1"}`), nil) })
	}
	if err != nil {
		t.Fatal(err)
	}
	const key, item = `"Key":{"id":{"S":"1"}}`, `{"id":{"S":"2"}}`
	// dynalite takes a signature in the URL, too, which needs no header.
	const signature = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=host&X-Amz-Date=20260101T000000Z"
	operations := map[string]string{
		"ListTables":     `{}`,
		"DescribeTable":  `{"TableName":"Orders"}`,
		"Scan":           `{"TableName":"Orders"}`,
		"Query":          `{"TableName":"Orders","KeyConditionExpression":"id = :i","ExpressionAttributeValues":{":i":{"S":"1"}}}`,
		"GetItem":        `{"TableName":"Orders",` + key + `}`,
		"BatchGetItem":   `{"RequestItems":{"Orders":{"Keys":[{"id":{"S":"1"}}]}}}`,
		"PutItem":        `{"TableName":"Orders","Item":` + item + `}`,
		"UpdateItem":     `{"TableName":"Orders",` + key + `,"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`,
		"DeleteItem":     `{"TableName":"Orders",` + key + `}`,
		"BatchWriteItem": `{"RequestItems":{"Orders":[{"PutRequest":{"Item":` + item + `}}]}}`,
		"DeleteTable":    `{"TableName":"Orders"}`,
	}
	requests := loopbacktest.JSON("DynamoDB_20120810.", operations)
	for i := range requests {
		requests[i].Path = signature
		requests[i].Header["Content-Type"] = "application/json"
	}
	loopbacktest.Refused(t, d.URL(), append(requests, loopbacktest.Request{Method: http.MethodGet, Path: "/"}))
	count := 0
	for record, err := range d.Records(t.Context(), "Orders") {
		if count++; err != nil || string(record) != `{"id":"1"}` {
			t.Errorf("got record %s and error %v, expected the one that was put", record, err)
		}
	}
	if count != 1 {
		t.Errorf("got %d records, expected 1", count)
	}
	for _, request := range requests[:1] {
		if status := loopbacktest.Served(t, d.URL(), request); status != http.StatusOK {
			t.Errorf("got status %d for %+v of a program of this machine, expected 200", status, request)
		}
	}
}
