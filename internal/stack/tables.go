package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Table is a table of the stack.
type Table struct{ ID, Name string } // the short name of its construct, the physical name

// Tables lists the stack's tables.
func (c *Stack) Tables() []Table {
	var list []Table
	for _, id := range c.template.OfType("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable") {
		list = append(list, Table{c.template.ShortName(id), c.template.PhysicalName(id)})
	}
	return list
}

// Table is the table of the stack that a person means by a name: that of its
// construct, or its logical ID.
func (c *Stack) Table(name string) (Table, error) {
	id, err := c.template.Find(name, "table", "--seed", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
	if err != nil {
		return Table{}, err
	}
	return Table{c.template.ShortName(id), c.template.PhysicalName(id)}, nil
}

// Records yields the records of a table by its physical name, each as a JSON
// object, in no order.
func (c *Stack) Records(ctx context.Context, table string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		var next any
		for {
			request := map[string]any{"TableName": table, "ConsistentRead": true}
			if next != nil {
				request["ExclusiveStartKey"] = next
			}
			answer, err := c.database.call(ctx, "Scan", request)
			if err != nil {
				yield(nil, fmt.Errorf("reading table %s: %w", table, err))
				return
			}
			var page struct {
				Items            []map[string]map[string]any
				LastEvaluatedKey any
			}
			if err := json.Unmarshal(answer, &page); err != nil {
				yield(nil, fmt.Errorf("reading table %s: %w", table, err))
				return
			}
			for _, item := range page.Items {
				text, err := json.Marshal(plainRecord(item))
				if !yield(text, err) || err != nil {
					return
				}
			}
			if next = page.LastEvaluatedKey; next == nil {
				return
			}
		}
	}
}

func plainRecord(item map[string]map[string]any) map[string]any {
	record := map[string]any{}
	for name, attribute := range item {
		record[name] = plainAttribute(attribute)
	}
	return record
}

// plainAttribute is a value of DynamoDB's form of JSON as JSON has it. Binary
// values stay in base64, sets become lists.
func plainAttribute(attribute map[string]any) any {
	for kind, v := range attribute {
		switch kind {
		case "N":
			text, _ := v.(string)
			return json.Number(text)
		case "NULL":
			return nil
		case "L":
			list := []any{}
			elements, _ := v.([]any)
			for _, element := range elements {
				inner, _ := element.(map[string]any)
				list = append(list, plainAttribute(inner))
			}
			return list
		case "M":
			object := map[string]any{}
			members, _ := v.(map[string]any)
			for name, member := range members {
				inner, _ := member.(map[string]any)
				object[name] = plainAttribute(inner)
			}
			return object
		}
		return v
	}
	return nil
}
