package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"
)

// maxBatchWrite is how many items BatchWriteItem takes at once.
const maxBatchWrite = 25

// Seed puts records, each a JSON object, into a table of the stack, named by
// its construct or logical ID. It returns how many there were.
func (c *Stack) Seed(ctx context.Context, table string, records iter.Seq2[json.RawMessage, error]) (int, error) {
	found, err := c.Table(table)
	if err != nil {
		return 0, err
	}
	name := found.Name
	count := 0
	var requests []any
	flush := func() error {
		if len(requests) == 0 {
			return nil
		}
		if err := c.database.write(ctx, name, requests); err != nil {
			return fmt.Errorf("writing records %d to %d: %w", count-len(requests)+1, count, err)
		}
		requests = nil
		return nil
	}
	for record, err := range records {
		if err != nil {
			return count, err
		}
		count++
		item, err := attributes(record)
		if err != nil {
			return count, fmt.Errorf("record %d: %w", count, err)
		}
		requests = append(requests, map[string]any{"PutRequest": map[string]any{"Item": item}})
		if len(requests) == maxBatchWrite {
			if err := flush(); err != nil {
				return count, err
			}
		}
	}
	return count, flush()
}

func (d *database) write(ctx context.Context, table string, requests []any) error {
	for try := 0; ; try++ {
		answer, err := d.call(ctx, "BatchWriteItem", map[string]any{"RequestItems": map[string]any{table: requests}})
		if err != nil {
			return err
		}
		var left struct{ UnprocessedItems map[string][]any }
		if err := json.Unmarshal(answer, &left); err != nil {
			return err
		}
		if requests = left.UnprocessedItems[table]; len(requests) == 0 {
			return nil
		}
		if try == 10 {
			return fmt.Errorf("%d items were still not taken after %d tries", len(requests), try)
		}
		time.Sleep(time.Duration(try+1) * 10 * time.Millisecond)
	}
}

// attributes is a JSON object in DynamoDB's form of JSON.
func attributes(record json.RawMessage) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("got %s, expected a JSON object", record)
	}
	return attribute(object)["M"].(map[string]any), nil
}

func attribute(v any) map[string]any {
	switch v := v.(type) {
	case nil:
		return map[string]any{"NULL": true}
	case bool:
		return map[string]any{"BOOL": v}
	case json.Number:
		return map[string]any{"N": v.String()}
	case string:
		return map[string]any{"S": v}
	case []any:
		list := slices.Grow([]any{}, len(v))
		for _, element := range v {
			list = append(list, attribute(element))
		}
		return map[string]any{"L": list}
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[name] = attribute(member)
		}
		return map[string]any{"M": object}
	}
	panic(fmt.Sprintf("stack: got a %T, expected a JSON value", v))
}
