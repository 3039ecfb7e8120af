package items

import (
	"bytes"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/value"
)

// lenient takes what package value takes.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// normal returns JSON text as package value reads it: if a name is repeated,
// the last member wins, and an unpaired surrogate becomes U+FFFD. Numbers keep
// their digits. The text is JSON.
func normal(text []byte) json.RawMessage {
	return value.Append(nil, exact(jsontext.NewDecoder(bytes.NewBuffer(text), lenient...)))
}

// exact reads a value whose numbers are all literals.
func exact(d *jsontext.Decoder) any {
	token, err := d.ReadToken()
	if err != nil {
		panic("items: " + err.Error())
	}
	switch token.Kind() {
	case '"':
		return token.String()
	case '0':
		return value.Number(token.String())
	case '[':
		list := []any{}
		for d.PeekKind() != ']' {
			list = append(list, exact(d))
		}
		_, _ = d.ReadToken()
		return list
	case '{':
		object := &value.Object{}
		for d.PeekKind() != '}' {
			name := exact(d).(string)
			object.Set(name, exact(d))
		}
		_, _ = d.ReadToken()
		return object
	case 'n':
		return nil
	}
	return token.Bool()
}
