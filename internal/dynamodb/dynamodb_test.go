package dynamodb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
)

func TestRecordsOfATable(t *testing.T) {
	d := dynamodbtest.Start(t)
	properties := map[string]any{
		"KeySchema":            []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
	}
	if err := d.CreateTable(t.Context(), "Orders", properties); err != nil {
		t.Fatal(err)
	}
	const n = 60 // more than two batches
	count, err := d.Put(t.Context(), "Orders", func(yield func(json.RawMessage, error) bool) {
		for i := range n {
			if !yield(json.RawMessage(fmt.Sprintf(`{"id":"%02d","n":%d}`, i, i)), nil) {
				return
			}
		}
	})
	if err != nil || count != n {
		t.Fatalf("got %d records and error %v, expected %d", count, err, n)
	}
	var records []string
	for record, err := range d.Records(t.Context(), "Orders") {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(record))
	}
	slices.Sort(records)
	if len(records) != n || records[n-1] != `{"id":"59","n":59}` {
		t.Errorf("got %d records, %s the last, expected the %d that were put", len(records), records[len(records)-1], n)
	}
}

func TestErrorsNameTheRecord(t *testing.T) {
	d := dynamodbtest.Start(t)
	_, err := d.Put(t.Context(), "Orders", func(yield func(json.RawMessage, error) bool) {
		_ = yield(json.RawMessage(`{}`), nil) && yield(json.RawMessage(`[]`), nil)
	})
	if err == nil || !strings.Contains(err.Error(), "record 2: got [], expected a JSON object") {
		t.Errorf("got %v, expected the second record to be named", err)
	}
	for _, err := range d.Records(t.Context(), "Orders") {
		if refused, ok := errors.AsType[*dynamodb.Error](err); !ok || refused.Name != "ResourceNotFoundException" || refused.Status != 400 {
			t.Errorf("got %v, expected DynamoDB's error for a table that does not exist", err)
		}
	}
}
