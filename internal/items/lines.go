package items

import (
	"bytes"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mapjob/mapjob/internal/value"
)

// lines are JSON Lines.
type lines struct {
	in *input
}

func (l *lines) close() error { return l.in.close() }

// line returns the next line that is not empty.
func (l *lines) line() ([]byte, error) {
	for {
		line, err := l.in.line()
		if err != nil {
			return nil, err
		}
		line = bytes.Trim(line, " \t\r\n")
		if len(line) == 0 {
			continue
		}
		return line, l.in.checkUTF8(l.in.feeds, line)
	}
}

func (l *lines) value() (any, error) {
	line, err := l.line()
	if err != nil {
		return nil, err
	}
	v, err := value.Parse(line)
	if err != nil {
		return nil, l.in.problem(l.in.feeds, "got %s (%v), expected one JSON value in each line", excerpt(line), err)
	}
	return v, nil
}

func (l *lines) text() (json.RawMessage, error) {
	line, err := l.line()
	if err != nil {
		return nil, err
	}
	if jsontext.Value(line).IsValid() {
		return bytes.Clone(line), nil
	}
	if _, err := value.Parse(line); err != nil {
		return nil, l.in.problem(l.in.feeds, "got %s (%v), expected one JSON value in each line", excerpt(line), err)
	}
	return normal(line), nil
}
