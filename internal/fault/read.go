package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/internal/yaml"
)

// Read reads a plan in JSON or YAML: an object with faults, seed and share, or the
// list of faults alone. The error has all problems, each with its line.
func Read(text []byte) (*Plan, error) {
	if !json.Valid(text) {
		made, err := yaml.JSON(text)
		if err != nil {
			return nil, err
		}
		text = made
	}
	r := &reader{text: text, decoder: jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	plan := &Plan{}
	r.plan(plan)
	return plan, errors.Join(r.problems...)
}

// reader reads the members of a plan with their lines.
type reader struct {
	text     []byte
	decoder  *jsontext.Decoder
	problems []error
}

// line returns the line of what comes next.
func (r *reader) line() int {
	at := int(r.decoder.InputOffset())
	rest := bytes.TrimLeft(r.text[at:], " \t\r\n,:")
	return bytes.Count(r.text[:len(r.text)-len(rest)], []byte("\n")) + 1
}

func (r *reader) fail(line int, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("line %d: %w", line, fmt.Errorf(format, args...)))
}

// value reads any value.
func (r *reader) value() jsontext.Value {
	v, err := r.decoder.ReadValue()
	if err != nil {
		panic(err) // Read has checked that the text is JSON
	}
	return slices.Clone(v)
}

// token reads the beginning or the end of an object or an array.
func (r *reader) token() {
	if _, err := r.decoder.ReadToken(); err != nil {
		panic(err) // as for value
	}
}

// describe returns a value as errors show it.
func describe(v jsontext.Value) string {
	parsed, _ := value.Parse(v) // Read has checked that the text is JSON
	return value.Describe(parsed)
}

// object reads an object. Member is called for each name, with its line, and reads the
// value. It reports false, and skips the value, if that is none.
func (r *reader) object(path string, member func(name string, line int)) bool {
	line := r.line()
	if r.decoder.PeekKind() != '{' {
		r.fail(line, "%sgot %s, expected an object", path, describe(r.value()))
		return false
	}
	r.token()
	seen := map[string]bool{}
	for r.decoder.PeekKind() != '}' {
		line := r.line()
		var name string
		_ = json.Unmarshal(r.value(), &name) // it is a name
		if seen[name] {
			r.fail(line, "%s%s: got it twice, expected one", path, name)
		}
		seen[name] = true
		member(name, line)
	}
	r.token()
	return true
}

// list reads an array. Element is called for each, and reads it.
func (r *reader) list(path string, element func(i int)) {
	if r.decoder.PeekKind() != '[' {
		r.fail(r.line(), "%s: got %s, expected a list", path, describe(r.value()))
		return
	}
	r.token()
	for i := 0; r.decoder.PeekKind() != ']'; i++ {
		element(i)
	}
	r.token()
}

func (r *reader) plan(p *Plan) {
	if r.decoder.PeekKind() == '[' {
		r.faults(p)
		return
	}
	var shareLines []int
	r.object("", func(name string, line int) {
		switch name {
		case "faults":
			r.faults(p)
		case "seed":
			v := r.value()
			seed, err := strconv.ParseUint(string(v), 10, 64)
			if err != nil {
				r.fail(line, "seed: got %s, expected a whole number from 0", describe(v))
			}
			p.Seed = seed
		case "share":
			r.list("share", func(i int) {
				shareLines = append(shareLines, r.line())
				p.Share = append(p.Share, r.share(fmt.Sprintf("share[%d]", i)))
			})
		default:
			r.value()
			r.fail(line, "got the member %q, expected faults, seed or share", name)
		}
	})
	p.lines = append(p.lines, shareLines...)
}

func (r *reader) faults(p *Plan) {
	r.list("faults", func(i int) {
		p.lines = append(p.lines, r.line())
		p.Faults = append(p.Faults, r.fault(fmt.Sprintf("faults[%d]", i), nil))
	})
}

func (r *reader) share(path string) Share {
	share := Share{Of: math.NaN()}
	line := r.line()
	share.Fault = r.fault(path, func(name string, line int) bool {
		if name != "of" {
			return false
		}
		v := r.value()
		of, err := strconv.ParseFloat(string(v), 64)
		if err != nil || of < 0 || of > 1 {
			r.fail(line, "%s.of: got %s, expected a number from 0 to 1", path, describe(v))
			of = 0
		}
		share.Of = of
		return true
	})
	if math.IsNaN(share.Of) {
		r.fail(line, "%s.of: got none, expected a number from 0 to 1", path)
	}
	if share.Times != 0 || share.Invocation != 0 {
		r.fail(line, "%s: got times or invocation with of, expected of alone", path)
	}
	return share
}

// fault reads a fault. More, if it is set, reads members that are not those of a
// fault, and reports whether it has.
func (r *reader) fault(path string, more func(name string, line int) bool) Fault {
	var f Fault
	lines, broken := map[string]int{}, map[string]bool{}
	first := r.line()
	unknown := false
	ok := r.object(path+": ", func(name string, line int) {
		if more != nil && more(name, line) {
			return
		}
		field := name
		if name == "item" {
			field = "items"
		}
		if field == "items" && lines[field] != 0 {
			r.fail(line, "%s.items: got item and items, expected one of them", path)
		}
		lines[field] = line
		v := r.value()
		expected, known := f.set(name, v)
		switch {
		case !known:
			unknown = true
			r.fail(line, "%s: got the member %q, expected any of %s", path, name, strings.Join(fieldNames(), ", "))
		case expected != "":
			broken[field] = true
			r.fail(line, "%s.%s: got %s, expected %s", path, name, describe(v), expected)
		}
	})
	if !ok {
		return f
	}
	for _, p := range f.problems() {
		line, given := lines[p.field]
		if !given {
			line = first
			if unknown && p.field == "fault" { // it is probably misspelled
				continue
			}
		}
		if !broken[p.field] {
			r.fail(line, "%s.%s: %w", path, p.field, p.err)
		}
	}
	return f
}

// fieldNames lists the members of a fault in a file.
func fieldNames() []string {
	return []string{"fault", "machine", "state", "function", "call", "item", "items", "attempt", "invocation", "times", "when", "delay", "after",
		"error", "cause", "answer", "bytes"}
}

// set sets a field. It returns what was expected if the value has another type.
func (f *Fault) set(name string, v jsontext.Value) (expected string, known bool) {
	switch name {
	case "fault":
		return text(v, &f.Fault), true
	case "machine":
		return text(v, &f.Machine), true
	case "state":
		return text(v, &f.State), true
	case "function":
		return text(v, &f.Function), true
	case "call":
		return text(v, &f.Call), true
	case "when":
		return text(v, &f.When), true
	case "error":
		return text(v, &f.Error), true
	case "cause":
		return text(v, &f.Cause), true
	case "item":
		var item int
		expected = whole(v, &item)
		f.Items = append(f.Items, item)
		return expected, true
	case "items":
		if json.Unmarshal(v, &f.Items) != nil || len(f.Items) == 0 {
			return "a list of indexes from 0", true
		}
		return "", true
	case "attempt":
		var attempt int
		expected = whole(v, &attempt)
		f.Attempt = &attempt
		return expected, true
	case "invocation":
		return whole(v, &f.Invocation), true
	case "times":
		return whole(v, &f.Times), true
	case "bytes":
		return whole(v, &f.Bytes), true
	case "delay":
		return duration(v, &f.Delay), true
	case "after":
		return duration(v, &f.After), true
	case "answer":
		f.Answer = json.RawMessage(compact(v))
		return "", true
	}
	return "", false
}

func compact(v jsontext.Value) []byte {
	var short bytes.Buffer
	_ = json.Compact(&short, v) // it is JSON
	return short.Bytes()
}

func text(v jsontext.Value, to *string) (expected string) {
	if json.Unmarshal(v, to) != nil || *to == "" {
		return "text that is not empty"
	}
	return ""
}

func whole(v jsontext.Value, to *int) (expected string) {
	n, err := strconv.Atoi(string(v))
	if err != nil {
		return "a whole number"
	}
	*to = n
	return ""
}

func duration(v jsontext.Value, to *time.Duration) (expected string) {
	var written string
	if json.Unmarshal(v, &written) != nil {
		return "text such as 90s, 5m or 250ms"
	}
	d, err := time.ParseDuration(written)
	if err != nil || d <= 0 {
		return "a duration such as 90s, 5m or 250ms"
	}
	*to = d
	return ""
}
