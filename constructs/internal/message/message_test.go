package message_test

import (
	"encoding/json"
	"testing"

	"github.com/mapjob/mapjob/constructs/internal/message"
)

type inner struct {
	First  int `json:"first"`
	Second int `json:"second,omitempty"`
}

type outer struct {
	Name string `json:"name"`
	inner
	Untagged int
}

func TestNamesComeFromTheFields(t *testing.T) {
	var m, other outer
	object := message.Object(&m, message.Set(&m.Name, "n"), message.Set(&m.First, 1), message.Set(&m.Second, "{% $x %}"))
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if got, expected := string(text), `{"first":1,"name":"n","second":"{% $x %}"}`; got != expected {
		t.Errorf("got %s, expected %s", got, expected)
	}
	if got := message.In("$items", &m)(&m.Second); got != "$items.second" {
		t.Errorf("got %s, expected $items.second", got)
	}
	for name, field := range map[string]any{"a field of another value": &other.Name, "a field without a name": &m.Untagged, "the whole": &m} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic, expected one", name)
				}
			}()
			message.Name(&m, field)
		}()
	}
}
