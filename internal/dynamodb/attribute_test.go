package dynamodb

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestItemsHaveDynamoDBsForm(t *testing.T) {
	const record = `{"b":true,"big":12345678901234567890,"l":[1,"a"],"m":{"k":{}},"n":1.50,"s":"x","z":null}`
	item, err := toItem(json.RawMessage(record))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(item)
	expected := `{"b":{"BOOL":true},"big":{"N":"12345678901234567890"},"l":{"L":[{"N":"1"},{"S":"a"}]},"m":{"M":{"k":{"M":{}}}},"n":{"N":"1.50"},"s":{"S":"x"},"z":{"NULL":true}}`
	if string(text) != expected {
		t.Errorf("got %s, expected %s", text, expected)
	}
	var back map[string]map[string]any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if text, _ = json.Marshal(fromItem(back)); string(text) != record {
		t.Errorf("got %s back, expected %s", text, record)
	}
}

func TestItemsAreObjects(t *testing.T) {
	if _, err := toItem(json.RawMessage(`[1]`)); err == nil || !strings.Contains(err.Error(), "got [1], expected a JSON object") {
		t.Errorf("got %v, expected a list to be refused", err)
	}
}
