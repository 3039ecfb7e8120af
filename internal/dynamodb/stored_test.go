package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/dynamodb/dynamodbtest"
)

// TestATableIsStored stores a table of many pages, and fills another one with it.
func TestATableIsStored(t *testing.T) {
	d := dynamodbtest.Start(t)
	for _, name := range []string{"Before", "After"} {
		if err := d.CreateTable(t.Context(), name, map[string]any{
			"KeySchema":            []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
			"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	const n = 5000
	text := strings.Repeat("x", 500) // a page has 1 MB
	if _, err := d.PutItems(t.Context(), "Before", func(yield func(json.RawMessage, error) bool) {
		for i := range n {
			if !yield(fmt.Appendf(nil, `{"id":{"S":"%d"},"tags":{"SS":["a","b"]},"bytes":{"B":"AQI="},"text":{"S":%q}}`, i, text), nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tables", "Before.jsonl")
	if err := d.Restore(t.Context(), "After", path); err != nil {
		t.Errorf("got %v, expected nothing of a file that does not exist", err)
	}
	began := time.Now()
	if err := d.Store(t.Context(), "Before", path); err != nil {
		t.Fatal(err)
	}
	stored := time.Since(began)
	if err := d.Restore(t.Context(), "After", path); err != nil {
		t.Fatal(err)
	}
	t.Logf("stored in %v, and restored in %v", stored, time.Since(began)-stored)
	count := 0
	for item, err := range d.Items(t.Context(), "After") {
		var record struct {
			Tags  struct{ SS []string }
			Bytes struct{ B string }
		}
		if err == nil {
			err = json.Unmarshal(item, &record)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(record.Tags.SS) != 2 || record.Bytes.B != "AQI=" {
			t.Fatalf("got %s, expected a set and bytes", item)
		}
		count++
	}
	if count != n {
		t.Errorf("got %d records, expected %d", count, n)
	}
	if err := d.Store(t.Context(), "None", path); err == nil {
		t.Error("got no error for a table that does not exist")
	}
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "\n") != n {
		t.Errorf("got %d bytes and %v, expected that the file stays if a table can't be stored", len(text), err)
	}
}
