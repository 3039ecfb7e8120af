package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"time"
)

// CreateTable creates a table, and returns when it can be written to. The
// properties are those of AWS::DynamoDB::Table, resolved. A table that is there
// keeps its records; if it has other keys or indexes, it is made anew with them.
func (d *Database) CreateTable(ctx context.Context, name string, properties map[string]any) error {
	err := d.createTable(ctx, name, properties)
	if err != nil {
		return fmt.Errorf("creating table %s: %w", name, err)
	}
	return nil
}

func (d *Database) createTable(ctx context.Context, name string, properties map[string]any) error {
	wanted, err := schemaOf(properties)
	if err != nil {
		return err
	}
	request := struct {
		TableName, BillingMode string
		*schema
	}{name, "PAY_PER_REQUEST", wanted}
	create := func() error {
		if err := d.call(ctx, "CreateTable", request, nil); err != nil {
			return err
		}
		return d.awaitTable(ctx, name)
	}
	err = create()
	if refused, ok := errors.AsType[*Error](err); !ok || refused.Name != "ResourceInUseException" {
		return err
	}
	var described struct{ Table map[string]any }
	if err := d.call(ctx, "DescribeTable", map[string]any{"TableName": name}, &described); err != nil {
		return err
	}
	if is, err := schemaOf(described.Table); err != nil || reflect.DeepEqual(is, wanted) {
		return err
	}
	var items []json.RawMessage
	for item, err := range d.Items(ctx, name) {
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	if err := d.deleteTable(ctx, name); err != nil {
		return err
	}
	if err := create(); err != nil {
		return err
	}
	_, err = d.put(ctx, name, func(yield func(json.RawMessage, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}, func(item json.RawMessage) (any, error) { return item, nil })
	return err
}

// deleteTable deletes a table, and returns when it is gone.
func (d *Database) deleteTable(ctx context.Context, name string) error {
	request := map[string]any{"TableName": name}
	err := d.call(ctx, "DeleteTable", request, nil)
	for err == nil {
		time.Sleep(poll)
		err = d.call(ctx, "DescribeTable", request, nil)
	}
	if refused, ok := errors.AsType[*Error](err); ok && refused.Name == "ResourceNotFoundException" {
		return nil
	}
	return err
}

// poll is the time between two looks at a table that is being created or deleted.
const poll = 2 * time.Millisecond

// awaitTable waits until a table is no longer CREATING, which is soon after
// CreateTable has answered.
func (d *Database) awaitTable(ctx context.Context, name string) error {
	for {
		var described struct{ Table struct{ TableStatus string } }
		if err := d.call(ctx, "DescribeTable", map[string]any{"TableName": name}, &described); err != nil {
			return err
		}
		if described.Table.TableStatus == "ACTIVE" {
			return nil
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Records yields the records of a table, each as a JSON object, in no order.
func (d *Database) Records(ctx context.Context, table string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for item, err := range d.Items(ctx, table) {
			var attributes map[string]map[string]any
			if err == nil {
				err = json.Unmarshal(item, &attributes)
			}
			var record json.RawMessage
			if err == nil {
				record, err = json.Marshal(fromItem(attributes))
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// Items yields the records of a table in DynamoDB's form of JSON, which has the types
// of all attributes, in no order.
func (d *Database) Items(ctx context.Context, table string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		var next json.RawMessage
		for {
			request := map[string]any{"TableName": table, "ConsistentRead": true}
			if next != nil {
				request["ExclusiveStartKey"] = next
			}
			var page struct{ Items, LastEvaluatedKey json.RawMessage }
			var items []json.RawMessage
			err := d.call(ctx, "Scan", request, &page)
			if err == nil {
				err = json.Unmarshal(page.Items, &items)
			}
			if err != nil {
				yield(nil, fmt.Errorf("reading table %s: %w", table, err))
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next = page.LastEvaluatedKey; next == nil {
				return
			}
		}
	}
}

// maxBatchWrite is the most items that BatchWriteItem takes.
const maxBatchWrite = 25

// Put writes records, each a JSON object, to a table. It returns how many it
// has read.
func (d *Database) Put(ctx context.Context, table string, records iter.Seq2[json.RawMessage, error]) (int, error) {
	return d.put(ctx, table, records, func(record json.RawMessage) (any, error) { return toItem(record) })
}

func (d *Database) put(ctx context.Context, table string, records iter.Seq2[json.RawMessage, error], itemOf func(json.RawMessage) (any, error)) (int, error) {
	count := 0
	var requests []any
	flush := func() error {
		if len(requests) == 0 {
			return nil
		}
		if err := d.write(ctx, table, requests); err != nil {
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
		item, err := itemOf(record)
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

func (d *Database) write(ctx context.Context, table string, requests []any) error {
	for try := 0; ; try++ {
		var answer struct{ UnprocessedItems map[string][]any }
		if err := d.call(ctx, "BatchWriteItem", map[string]any{"RequestItems": map[string]any{table: requests}}, &answer); err != nil {
			return err
		}
		if requests = answer.UnprocessedItems[table]; len(requests) == 0 {
			return nil
		}
		if try == 10 {
			return fmt.Errorf("got %d unprocessed items after %d tries, expected none", len(requests), try)
		}
		time.Sleep(time.Duration(try+1) * 10 * time.Millisecond)
	}
}
