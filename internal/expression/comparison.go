package expression

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/mapjob/mapjob/internal/value"
)

// Comparison is an operator of a Choice rule, such as NumericLessThan.
type Comparison struct {
	// Operand says what the operator compares with, such as "a number".
	Operand string
	// TakesPath is true if the operator has a Path variant.
	TakesPath bool
	valid     func(any) bool
	holds     func(variable, operand any) bool
}

// Valid reports whether the operator can compare with the operand.
func (c *Comparison) Valid(operand any) bool { return c.valid(operand) }

// IsPresent is the operator that does not read the value of its variable.
const IsPresent = "IsPresent"

// ComparisonOf returns the operator of that name, or nil.
func ComparisonOf(name string) *Comparison { return comparisons[name] }

// Comparisons returns the names of all operators, sorted.
func Comparisons() []string { return slices.Sorted(maps.Keys(comparisons)) }

// comparisons holds the operators of a Choice rule by name (developer guide,
// "Choice workflow state"). Values of different types are never equal, and none
// of them is less than the other.
var comparisons = func() map[string]*Comparison {
	all := map[string]*Comparison{
		"BooleanEquals": {Operand: "true or false", TakesPath: true, valid: isBoolean, holds: func(a, b any) bool {
			return isBoolean(a) && isBoolean(b) && a == b
		}},
		"StringMatches": {Operand: "a pattern", valid: isText, holds: func(a, b any) bool {
			text, ok := a.(string)
			pattern, isText := b.(string)
			return ok && isText && matchPattern(text, pattern)
		}},
		IsPresent:     {Operand: "true or false", valid: isBoolean},
		"IsNull":      isType(func(v any) bool { return v == nil }),
		"IsBoolean":   isType(isBoolean),
		"IsNumeric":   isType(isNumeric),
		"IsString":    isType(isText),
		"IsTimestamp": isType(isTimestamp),
	}
	for name, holds := range map[string]func(order int) bool{
		"Equals":            func(order int) bool { return order == 0 },
		"LessThan":          func(order int) bool { return order < 0 },
		"LessThanEquals":    func(order int) bool { return order <= 0 },
		"GreaterThan":       func(order int) bool { return order > 0 },
		"GreaterThanEquals": func(order int) bool { return order >= 0 },
	} {
		all["String"+name] = &Comparison{TakesPath: true, Operand: "a string", valid: isText, holds: by(compareText, holds)}
		all["Numeric"+name] = &Comparison{TakesPath: true, Operand: "a number", valid: isNumeric, holds: by(compareNumbers, holds)}
		all["Timestamp"+name] = &Comparison{TakesPath: true, Operand: `a timestamp such as "2026-03-14T01:59:00Z"`, valid: isTimestamp, holds: by(compareTimes, holds)}
	}
	return all
}()

func isType(is func(any) bool) *Comparison {
	return &Comparison{Operand: "true or false", valid: isBoolean, holds: func(a, b any) bool { return is(a) == (b == true) }}
}

func by(compare func(a, b any) (int, bool), holds func(int) bool) func(a, b any) bool {
	return func(a, b any) bool {
		order, ok := compare(a, b)
		return ok && holds(order)
	}
}

func isBoolean(v any) bool { _, ok := v.(bool); return ok }
func isText(v any) bool    { _, ok := v.(string); return ok }
func isNumeric(v any) bool { _, ok := value.Float(v); return ok }

func isTimestamp(v any) bool {
	text, ok := v.(string)
	if ok {
		_, ok = ParseTimestamp(text)
	}
	return ok
}

func compareNumbers(a, b any) (int, bool) {
	x, isX := value.Float(a)
	y, isY := value.Float(b)
	switch {
	case !isX || !isY:
		return 0, false
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

// compareText compares by UTF-16 code units, as Java does.
func compareText(a, b any) (int, bool) {
	x, isX := a.(string)
	y, isY := b.(string)
	if !isX || !isY {
		return 0, false
	}
	if isASCII(x) && isASCII(y) {
		return strings.Compare(x, y), true
	}
	p, q := utf16.Encode([]rune(x)), utf16.Encode([]rune(y))
	for i := range min(len(p), len(q)) {
		if p[i] != q[i] {
			return int(p[i]) - int(q[i]), true
		}
	}
	return len(p) - len(q), true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func compareTimes(a, b any) (int, bool) {
	times := [2]time.Time{}
	for i, v := range []any{a, b} {
		text, ok := v.(string)
		if !ok {
			return 0, false
		}
		if times[i], ok = ParseTimestamp(text); !ok {
			return 0, false
		}
	}
	return times[0].Compare(times[1]), true
}

// matchPattern reports whether a text matches a pattern. An asterisk matches any
// characters; a backslash escapes the next character.
func matchPattern(text, pattern string) bool {
	// parts holds the texts between the asterisks.
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			part.WriteByte(pattern[i])
		case c == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	last := part.String()
	if len(parts) == 0 {
		return text == last
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, p := range parts[1:] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return strings.HasSuffix(text, last)
}
