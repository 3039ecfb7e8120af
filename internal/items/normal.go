package items

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// lenient takes what package value takes, see [normal].
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// normal returns JSON text with the members that package value reads: of those
// with equal names the last one, in the place of the first. An unpaired
// surrogate becomes U+FFFD. The text is JSON.
func normal(text []byte) json.RawMessage {
	return appendNormal(nil, jsontext.NewDecoder(bytes.NewBuffer(text), lenient...))
}

func appendNormal(to []byte, d *jsontext.Decoder) []byte {
	switch d.PeekKind() {
	case '{':
		return appendObject(to, d)
	case '[':
		mustToken(d)
		to = append(to, '[')
		for i := 0; d.PeekKind() != ']'; i++ {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendNormal(to, d)
		}
		mustToken(d)
		return append(to, ']')
	}
	token := mustToken(d)
	if token.Kind() == '"' {
		return appendQuoted(to, token.String())
	}
	return append(to, token.String()...)
}

func appendObject(to []byte, d *jsontext.Decoder) []byte {
	var names []string
	values := map[string][]byte{}
	mustToken(d)
	for d.PeekKind() != '}' {
		name := mustToken(d).String()
		if _, again := values[name]; !again {
			names = append(names, name)
		}
		values[name] = appendNormal(nil, d)
	}
	mustToken(d)
	to = append(to, '{')
	for i, name := range names {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(append(appendQuoted(to, name), ':'), values[name]...)
	}
	return append(to, '}')
}

func mustToken(d *jsontext.Decoder) jsontext.Token {
	token, err := d.ReadToken()
	if err != nil && err != io.EOF {
		panic("items: " + err.Error())
	}
	return token
}

// appendQuoted appends a JSON string.
func appendQuoted(to []byte, text string) []byte {
	to, _ = jsontext.AppendQuote(to, text) // its only error reports replaced bytes
	return to
}
