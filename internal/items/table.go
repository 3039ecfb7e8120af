package items

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/value"
)

// maxHeaderBytes is how long a header may be (developer guide, "ItemReader").
const maxHeaderBytes = 10 << 10

// table are the rows of a CSV file as objects.
type table struct {
	in     *input
	rows   rows
	names  []string
	quoted [][]byte // "name": of each
	exact  bool     // each row has a field for each name
	size   int      // of the last text
}

func openTable(in *input, layout Layout) (*table, error) {
	t := &table{in: in, rows: rows{in: in, delimiter: layout.Delimiter}}
	if t.rows.delimiter == 0 {
		t.rows.delimiter = ','
	}
	in.skipMark()
	if err := checkBeginning(in, t.rows.delimiter, layout.Headers); err != nil {
		return nil, err
	}
	names := layout.Headers
	if len(names) == 0 {
		err := t.rows.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range t.rows.fields {
			names = append(names, string(t.rows.field(i)))
		}
	}
	return t, t.setNames(names)
}

// setNames refuses what Step Functions refuses of headers.
func (t *table) setNames(names []string) error {
	size := t.rows.size // 0 if the headers are given
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return t.in.problem(t.rows.begun, "got the header %q twice, %w", name, ErrRepeatedHeader)
		}
		seen[name] = true
		if t.rows.begun == 0 {
			size += len(name) + len(",")
		}
		t.quoted = append(t.quoted, append(appendQuoted(nil, name), ':'))
	}
	if size > maxHeaderBytes {
		return t.in.problem(t.rows.begun, "got headers of %d bytes, expected at most %d", size, maxHeaderBytes)
	}
	t.names = names
	return nil
}

func (t *table) close() error { return t.in.close() }

func (t *table) next() error {
	if err := t.rows.next(); err != nil {
		return err
	}
	if n := len(t.rows.fields); t.exact && n != len(t.names) {
		return t.in.problem(t.rows.begun, "got a row with %s, expected %d", number.Of(n, "field"), len(t.names))
	}
	return nil
}

func (t *table) value() (any, error) {
	if err := t.next(); err != nil {
		return nil, err
	}
	text := string(t.rows.text)
	item := value.WithCapacity(len(t.names))
	for i, name := range t.names {
		field := ""
		if i < len(t.rows.fields) {
			at := t.rows.fields[i]
			field = text[at.from:at.to]
		}
		item.Add(name, field)
	}
	return item, nil
}

func (t *table) text() (json.RawMessage, error) {
	if err := t.next(); err != nil {
		return nil, err
	}
	item := append(make([]byte, 0, t.size+16), '{')
	for i, name := range t.quoted {
		if i > 0 {
			item = append(item, ',')
		}
		item = append(item, name...)
		if i < len(t.rows.fields) {
			item = appendField(item, t.rows.field(i))
		} else {
			item = append(item, `""`...)
		}
	}
	item = append(item, '}')
	t.size = len(item)
	return item, nil
}

// appendField appends a field, which is UTF-8, as a JSON string.
func appendField(to, field []byte) []byte {
	begun := len(to)
	to = append(append(to, '"'), field...)
	for _, c := range field {
		if c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return appendQuoted(to[:begun], string(field))
		}
	}
	return append(to, '"')
}

// appendQuoted appends text, which is UTF-8, as a JSON string.
func appendQuoted(to []byte, text string) []byte {
	to, _ = jsontext.AppendQuote(to, text) // its only error reports bytes that it replaces
	return to
}
