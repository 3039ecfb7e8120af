package asl

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Problem is one thing that is wrong with a definition.
type Problem struct {
	// Path is the place in the definition, such as
	// $.States.Map.ItemBatcher.MaxItemsPerBatch.
	Path string
	// Message says what stands there and what is expected.
	Message string
	// Line is the line of the definition, from 1, or 0 where it is not known.
	Line int
	// service is what AWS says of it, with its code and its pointer, "" where
	// that is not known.
	service string
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s (line %d): %s", p.Path, p.Line, p.Message)
	}
	return p.Path + ": " + p.Message
}

// Problems is everything that is wrong with a definition, in the order in
// which it stands there. It is the error of [Parse].
type Problems []Problem

// Error has one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// ServiceText is the reason that CreateStateMachine gives for refusing the
// definition. Where the service's words for a problem are not known, this
// package's stand in their place.
func (p Problems) ServiceText() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		if texts[i] = problem.service; texts[i] == "" {
			texts[i] = schemaText(problem.Message, problem.Path)
		}
	}
	return "Invalid State Machine Definition: '" + strings.Join(texts, ", ") + "'"
}

// schemaText is the form in which the service reports what its schema refuses.
func schemaText(text, path string) string {
	return "SCHEMA_VALIDATION_FAILED: " + text + " at " + pointer(path)
}

// pointer is a path in the form that the service gives it: /States/Work.
func pointer(path string) string {
	text := strings.NewReplacer("['", "/", "']", "").Replace(path)
	return strings.ReplaceAll(strings.TrimPrefix(text, "$"), ".", "/")
}

// step is the path of a member: a dot and the name where that reads, else the
// name in brackets.
func step(path, name string) string {
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '$'):
		case i > 0 && c == '.' && name[i:] == ".$":
		default:
			return path + "['" + strings.ReplaceAll(name, "'", `\'`) + "']"
		}
	}
	if name == "" {
		return path + "['']"
	}
	return path + "." + name
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// locate adds the lines to the problems and puts them in the order of the
// text. A path that is not in the text, that of a missing field, has the line
// of what it is missing from.
func (p Problems) locate(definition []byte) {
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
			inner := step(path, name.String())
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
			inner := element(path, i)
			offsets[inner] = d.InputOffset()
			if err := offsetsOf(d, inner, offsets); err != nil {
				return err
			}
		}
	}
	_, err := d.ReadToken()
	return err
}
