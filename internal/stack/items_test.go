package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/jobstart"
	"github.com/mapjob/mapjob/internal/value"
)

// overReader returns a Map whose output is the items that it reads.
func overReader(config, arguments object) object {
	return object{"Type": "Map", "End": true,
		"ItemReader": object{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Arguments": arguments},
		"ItemProcessor": object{"ProcessorConfig": object{"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Work",
			"States": object{"Work": object{"Type": "Pass", "End": true}}}}
}

// The samples of package items are the same items if a Map reads them and if
// they come from --items or --seed. The test of the chunker reads the same
// samples.
func TestSamplesAreTheSameItemsByValueByItemsAndBySeed(t *testing.T) {
	samples, err := filepath.Glob("../items/testdata/csv/*.csv")
	if err != nil || len(samples) < 40 {
		t.Fatalf("got %d samples and error %v, expected 40 or more", len(samples), err)
	}
	c := start(t, object{
		"Table": table(),
		"ByValue": machine("Map", object{"Map": overReader(object{"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
			object{"Bucket": jobstart.Bucket, "Key": "{% $states.input.key %}"})}),
		"ByItems": machine("ReadInput", object{"ReadInput": object{"Type": "Pass", "Next": "Map"},
			"Map": overReader(object{"InputType": "JSONL"}, object{"Bucket": "{% $states.input.items.bucket %}", "Key": "{% $states.input.items.key %}"})}),
	})
	ctx := context.Background()
	byItems, err := c.Machine("ByItems")
	if err != nil {
		t.Fatal(err)
	}
	expectedSeed := map[string]string{}
	for _, path := range samples {
		name := strings.TrimSuffix(path, ".csv")
		if _, err := os.Stat(name + ".layout"); err == nil {
			continue // the command has no delimiters and headers
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		object, err := c.objects.Create(ctx, jobstart.Bucket, name)
		if err == nil {
			_, err = object.Write(content)
		}
		if err == nil {
			err = object.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		x := execute(t, c, "ByValue", fmt.Sprintf(`{"key": %q}`, name))
		stored, itemsErr := c.StoreItems(ctx, items.File(path))
		_, seedErr := c.Seed(ctx, "Table", numbered(name, items.File(path)))
		if text, err := os.ReadFile(name + ".err"); err == nil {
			part := strings.TrimSpace(string(text))
			if x.Error != "States.ItemReaderFailed" || itemsErr == nil || !strings.Contains(itemsErr.Error(), part) || seedErr == nil || !strings.Contains(seedErr.Error(), part) {
				t.Errorf("%s: got %s by value, %v by items, %v by seed, expected %s", path, x.Error, itemsErr, seedErr, part)
			}
			expected := part
			if strings.Contains(part, "twice") {
				expected = "CSV headers cannot contain duplicates."
			}
			if !strings.Contains(x.Cause, expected) {
				t.Errorf("%s: got the cause %s, expected %s", path, x.Cause, expected)
			}
			continue
		}
		lines, err := os.ReadFile(name + ".jsonl")
		if err != nil || itemsErr != nil || seedErr != nil {
			t.Errorf("%s: got %v by items and %v by seed, expected none (%v)", path, itemsErr, seedErr, err)
			continue
		}
		var list []any
		for line := range strings.Lines(string(lines)) {
			item, err := value.Parse([]byte(strings.TrimSuffix(line, "\n")))
			if err != nil {
				t.Fatal(err)
			}
			expectedSeed[fmt.Sprint(name, len(list))] = value.Text(item)
			list = append(list, item)
		}
		expected := value.Text(append([]any{}, list...))
		if string(x.Output) != expected {
			t.Errorf("%s: got %s (%s) by value, expected %s", path, x.Output, x.Cause, expected)
		}
		x, err = c.Execute(ctx, byItems, Execution{Input: []byte(`{}`), Items: stored})
		if err != nil || string(x.Output) != expected {
			t.Errorf("%s: got %v and error %v by items, expected %s", path, x, err, expected)
		}
	}
	seeded, err := c.Table("Table")
	if err != nil {
		t.Fatal(err)
	}
	for record, err := range c.Records(ctx, seeded.Name) {
		if err != nil {
			t.Fatal(err)
		}
		row, err := value.Parse(record)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := row.(*value.Object).Get("id")
		got, _ := row.(*value.Object).Get("item")
		expected, known := expectedSeed[id.(string)]
		if !known {
			continue // before the error of a sample
		}
		item, err := value.Parse([]byte(expected))
		if err != nil || !value.Equal(got, item) {
			t.Errorf("%s: got %s by seed, expected %s", id, value.Text(got), expected)
		}
		delete(expectedSeed, id.(string))
	}
	if len(expectedSeed) > 0 {
		t.Errorf("got no records for %v, expected them", expectedSeed)
	}
}

// numbered gives items a key.
func numbered(name string, list iter.Seq2[json.RawMessage, error]) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		n := 0
		for item, err := range list {
			if !yield(fmt.Appendf(nil, `{"id": %q, "item": %s}`, fmt.Sprint(name, n), item), err) {
				return
			}
			n++
		}
	}
}
