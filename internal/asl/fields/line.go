package fields

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Locate sets the lines of the problems and sorts them by their place in the text.
// The path of a missing field is not in the text: it gets the line of the object
// that lacks it.
func (p Problems) Locate(definition []byte) {
	offsets := map[string]int64{"$": 0}
	d := jsontext.NewDecoder(bytes.NewReader(definition), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := offsetsOf(d, "$", offsets); err != nil {
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
			if offset, ok := offsets[path]; ok {
				at[p[i].Path] = offset
				line, _ := slices.BinarySearch(lineEnds, offset)
				p[i].Line = 1 + line
				break
			}
		}
	}
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Compare(at[a.Path], at[b.Path]) })
}

// offsetsOf adds the offsets of all members and elements of the next value.
func offsetsOf(d *jsontext.Decoder, path string, offsets map[string]int64) error {
	switch d.PeekKind() {
	case '{':
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			inner := Step(path, name.String())
			offsets[inner] = d.InputOffset()
			if err := offsetsOf(d, inner, offsets); err != nil {
				return err
			}
		}
	case '[':
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for i := 0; d.PeekKind() != ']'; i++ {
			d.PeekKind()
			inner := Element(path, i)
			offsets[inner] = d.InputOffset()
			if err := offsetsOf(d, inner, offsets); err != nil {
				return err
			}
		}
	}
	_, err := d.ReadToken()
	return err
}
