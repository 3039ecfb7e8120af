package dynamodb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// toItem converts a JSON object to DynamoDB's form of JSON.
func toItem(record json.RawMessage) (map[string]any, error) {
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
	return toAttribute(object)["M"].(map[string]any), nil
}

func toAttribute(v any) map[string]any {
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
			list = append(list, toAttribute(element))
		}
		return map[string]any{"L": list}
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[name] = toAttribute(member)
		}
		return map[string]any{"M": object}
	}
	panic(fmt.Sprintf("dynamodb: got a %T, expected a JSON value", v))
}

// fromItem converts an item to plain JSON values.
func fromItem(item map[string]map[string]any) map[string]any {
	record := map[string]any{}
	for name, attribute := range item {
		record[name] = fromAttribute(attribute)
	}
	return record
}

// fromAttribute converts a value to plain JSON. Binary values stay in base64,
// and sets become lists.
func fromAttribute(attribute map[string]any) any {
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
				list = append(list, fromAttribute(inner))
			}
			return list
		case "M":
			object := map[string]any{}
			members, _ := v.(map[string]any)
			for name, member := range members {
				inner, _ := member.(map[string]any)
				object[name] = fromAttribute(inner)
			}
			return object
		}
		return v
	}
	return nil
}
