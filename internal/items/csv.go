package itemsource

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
)

// delimiters are ItemReader's CSVDelimiter.
var delimiters = map[string]rune{"": ',', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}

// readRows reads a CSV file.
func readRows(ctx context.Context, from *Source, yield func(json.RawMessage) error) error {
	object, err := open(ctx, from.Bucket, from.Key)
	if err != nil {
		return err
	}
	defer object.Close()
	content := textOf(object, object)
	content.skipMark()
	rows := csv.NewReader(content)
	rows.Comma = delimiters[from.CSV.Delimiter]
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	rows.ReuseRecord = true
	names := from.CSV.Headers
	if len(names) == 0 {
		if names, err = rows.Read(); errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return rowProblem(content, err)
		}
	}
	return eachRow(content, rows, columnsOf(names), true, yield)
}

// eachRow yields the rows as objects. The columns that a row has no field for
// are empty where filled, else they are left out.
func eachRow(content *text, rows *csv.Reader, columns []column, filled bool, yield func(json.RawMessage) error) error {
	size := 0 // of the row before
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return rowProblem(content, err)
		}
		content.item()
		item := append(make([]byte, 0, size+16), '{')
		for _, c := range columns {
			field := ""
			if c.at < len(row) {
				field = row[c.at]
			} else if !filled {
				continue
			}
			if len(item) > 1 {
				item = append(item, ',')
			}
			item = appendQuoted(append(item, c.name...), field)
		}
		item = append(item, '}')
		size = len(item)
		if err := yield(item); err != nil {
			return err
		}
	}
}

// rowProblem names the line of a row that could not be read.
func rowProblem(content *text, err error) error {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return content.problem(at.Line, "got a row that cannot be read (%v), expected one of CSV (RFC 4180) with as many fields as the row before", at.Err)
	}
	return content.problem(content.feeds+1, "%v", err)
}

// column is a member of a row's object.
type column struct {
	name []byte // "name":
	at   int    // the field's place in a row
}

// columnsOf are the columns in the order of the objects' members: of those
// with the same name the last one, in the place of the first.
func columnsOf(names []string) []column {
	var columns []column
	places := map[string]int{}
	for at, name := range names {
		quoted := append(appendQuoted(nil, name), ':')
		if place, again := places[string(quoted)]; again {
			columns[place].at = at
			continue
		}
		places[string(quoted)] = len(columns)
		columns = append(columns, column{quoted, at})
	}
	return columns
}
