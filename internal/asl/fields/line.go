package fields

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Locate sets the lines of the problems and sorts them by their place in the text.
// The path of a missing field is not in the text: it gets the line of the object
// that lacks it.
func (p Problems) Locate(definition []byte) {
	members := offsets{at: map[string]int64{"$": 0}}
	if err := members.read(definition); err != nil {
		return
	}
	var lineEnds []int64
	for i, c := range definition {
		if c == '\n' {
			lineEnds = append(lineEnds, int64(i))
		}
	}
	at := make(map[string]int64, len(p))
	for i := range p {
		for path := p[i].Path; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
			if offset, ok := members.at[path]; ok {
				at[p[i].Path] = offset
				line, _ := slices.BinarySearch(lineEnds, offset)
				p[i].Line = 1 + line
				break
			}
		}
	}
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Compare(at[a.Path], at[b.Path]) })
}

// Repeated returns the paths of members whose object has two of that name.
func Repeated(definition []byte) []string {
	d := jsontext.NewDecoder(bytes.NewReader(definition), jsontext.AllowInvalidUTF8(true))
	if err := d.SkipValue(); !errors.Is(err, jsontext.ErrDuplicateName) {
		return nil
	}
	members := offsets{at: map[string]int64{}}
	_ = members.read(definition)
	return members.repeated
}

// offsets holds where the members and elements of a text begin, by their paths.
type offsets struct {
	at       map[string]int64
	repeated []string
}

func (o *offsets) read(text []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return o.value(d, "$")
}

// value adds all members and elements of the next value.
func (o *offsets) value(d *jsontext.Decoder, path string) error {
	kind := d.PeekKind()
	if _, err := d.ReadToken(); err != nil || kind != '{' && kind != '[' {
		return err
	}
	for i := 0; d.PeekKind() != '}' && d.PeekKind() != ']'; i++ {
		inner := Element(path, i)
		if kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			inner = Step(path, name.String())
		}
		if _, twice := o.at[inner]; twice {
			o.repeated = append(o.repeated, inner)
		}
		o.at[inner] = d.InputOffset()
		if err := o.value(d, inner); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}
