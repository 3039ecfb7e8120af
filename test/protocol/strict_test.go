package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
)

// decode decodes a message strictly: it returns an error if the message has a
// member that T does not have, or lacks one that T requires.
func decode[T any](text []byte) (T, error) {
	var message T
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&message); err != nil {
		return message, err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return message, err
	}
	return message, missing(reflect.TypeFor[T](), plain, "message")
}

// missing returns an error for each field without omitempty that a value of a
// type does not have.
func missing(kind reflect.Type, got any, path string) error {
	switch {
	case got == nil || kind.Implements(reflect.TypeFor[json.Unmarshaler]()) || reflect.PointerTo(kind).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return nil
	case kind.Kind() == reflect.Pointer:
		return missing(kind.Elem(), got, path)
	case kind.Kind() == reflect.Slice:
		var problems []error
		elements, _ := got.([]any)
		for i, element := range elements {
			problems = append(problems, missing(kind.Elem(), element, fmt.Sprintf("%s[%d]", path, i)))
		}
		return errors.Join(problems...)
	case kind.Kind() != reflect.Struct:
		return nil
	}
	members, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: got %v, expected an object", path, got)
	}
	var problems []error
	for _, field := range reflect.VisibleFields(kind) {
		if field.Anonymous || field.Tag.Get("json") == "-" { // - is not sent
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		value, there := members[name]
		if !there && !strings.Contains(options, "omitempty") {
			problems = append(problems, fmt.Errorf("%s: got no member %s, expected one", path, name))
		}
		problems = append(problems, missing(field.Type, value, path+"."+name))
	}
	return errors.Join(problems...)
}

func TestDecodeIsStrict(t *testing.T) {
	for text, expected := range map[string]string{
		`{"bucket":"b","key":"k"}`:            "",
		`{"bucket":"b"}`:                      "message: got no member key, expected one",
		`{"bucket":"b","key":"k","etag":"e"}`: `json: unknown field "etag"`,
	} {
		if _, err := decode[protocol.Object]([]byte(text)); fmt.Sprint(err) != expected && (err != nil || expected != "") {
			t.Errorf("%s: got error %v, expected %q", text, err, expected)
		}
	}
	const nested = `{"BatchInput":{"job":{"name":"n"},"execution":"e"},"Items":[{"index":0,"item":1},{"item":2}]}`
	_, err := decode[protocol.Batch[int]]([]byte(nested))
	for _, expected := range []string{"message.BatchInput.job: got no member startedAt", "message.Items[1]: got no member index"} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got error %v, expected %q in it", err, expected)
		}
	}
}
