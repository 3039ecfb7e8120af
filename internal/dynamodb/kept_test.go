package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/dynamodb"
	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
)

// TestTablesAreKeptInAFolder closes databases, which kills their process.
func TestTablesAreKeptInAFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "tables")
	hash := func(name string) []any {
		return []any{map[string]any{"AttributeName": name, "KeyType": "HASH"}}
	}
	properties := map[string]any{
		"KeySchema":            hash("id"),
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
	}
	const n = 5000
	text := strings.Repeat("x", 500) // a page has 1 MB
	d := dynamodbtest.StartIn(t, data)
	if err := d.CreateTable(t.Context(), "Orders", properties); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Put(t.Context(), "Orders", func(yield func(json.RawMessage, error) bool) {
		for i := range n {
			if !yield(fmt.Appendf(nil, `{"id":"%04d","day":"%d","text":%q}`, i, i%10, text), nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Do(t.Context(), "PutItem", []byte(`{"TableName":"Orders","Item":{"id":{"S":"0000"},"day":{"S":"0"},"tags":{"SS":["a","b"]},"bytes":{"B":"AQI="}}}`)); err != nil {
		t.Fatal(err)
	}
	d.Close()

	d = dynamodbtest.StartIn(t, data)
	if err := d.CreateTable(t.Context(), "Orders", properties); err != nil {
		t.Fatal(err)
	}
	if got := items(t, d); len(got) != n || got[0] != `{"bytes":{"B":"AQI="},"day":{"S":"0"},"id":{"S":"0000"},"tags":{"SS":["a","b"]}}` {
		t.Errorf("got %d records, %s the first, expected the %d that were put, with their types", len(got), got[0], n)
	}
	d.Close()

	// The stack has got an index meanwhile.
	properties["AttributeDefinitions"] = append(properties["AttributeDefinitions"].([]any), map[string]any{"AttributeName": "day", "AttributeType": "S"})
	properties["GlobalSecondaryIndexes"] = []any{map[string]any{"IndexName": "ByDay", "KeySchema": hash("day"),
		"Projection": map[string]any{"ProjectionType": "ALL"}, "ProvisionedThroughput": map[string]any{"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}
	d = dynamodbtest.StartIn(t, data)
	for range 2 {
		if err := d.CreateTable(t.Context(), "Orders", properties); err != nil {
			t.Fatal(err)
		}
	}
	if got := items(t, d); len(got) != n {
		t.Errorf("got %d records in the table with another index, expected %d", len(got), n)
	}
	_, answer, err := d.Do(t.Context(), "Query", []byte(`{"TableName":"Orders","IndexName":"ByDay","Select":"COUNT","KeyConditionExpression":"#d = :d","ExpressionAttributeNames":{"#d":"day"},"ExpressionAttributeValues":{":d":{"S":"3"}}}`))
	var counted struct{ Count int }
	if err == nil {
		err = json.Unmarshal(answer, &counted)
	}
	if err != nil || counted.Count != n/10 {
		t.Errorf("got %d records of a day and error %v, expected %d", counted.Count, err, n/10)
	}
}

// items returns the records of the table Orders with sorted attributes.
func items(t *testing.T, d *dynamodb.Database) []string {
	t.Helper()
	var all []string
	for item, err := range d.Items(t.Context(), "Orders") {
		var attributes any
		if err == nil {
			err = json.Unmarshal(item, &attributes)
		}
		var text []byte
		if err == nil {
			text, err = json.Marshal(attributes)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	slices.SortFunc(all, func(a, b string) int {
		return strings.Compare(a[strings.Index(a, `"id"`):], b[strings.Index(b, `"id"`):])
	})
	return all
}

func TestAFolderThatAnotherDatabaseUsesIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "tables")
	properties := map[string]any{
		"KeySchema":            []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
	}
	if err := dynamodbtest.StartIn(t, data).CreateTable(t.Context(), "Orders", properties); err != nil {
		t.Fatal(err)
	}
	err := dynamodbtest.StartIn(t, data).CreateTable(t.Context(), "Orders", properties)
	if err == nil || !strings.Contains(err.Error(), "creating table Orders: dynalite ended with: ") {
		t.Errorf("got %v, expected what dynalite ended with", err)
	}
}
