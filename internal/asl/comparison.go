package asl

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/mapjob/mapjob/internal/value"
)

// choiceTests are the fields of a JSONPath comparison.
var choiceTests = func() map[string]languages {
	fields := map[string]languages{"Variable": onlyJSONPath, "And": onlyJSONPath, "Or": onlyJSONPath, "Not": onlyJSONPath}
	for name, c := range comparisons {
		fields[name] = onlyJSONPath
		if !c.noPath {
			fields[name+"Path"] = onlyJSONPath
		}
	}
	return fields
}()

// comparator is one operator of a comparison.
type comparator struct {
	operand string // what the field takes: "a string", "a number", …
	valid   func(any) bool
	// holds compares a variable that is there with an operand.
	holds func(variable, operand any) bool
	// noPath is set where the operand can't be a path.
	noPath bool
}

// comparisons are the operators of a Choice rule (developer guide, "Choice
// workflow state"). Values of different types never compare.
var comparisons = func() map[string]comparator {
	all := map[string]comparator{
		"BooleanEquals": {operand: "true or false", valid: isBoolean, holds: func(a, b any) bool {
			return isBoolean(a) && isBoolean(b) && a == b
		}},
		"StringMatches": {operand: "a pattern", valid: isText, noPath: true, holds: func(a, b any) bool {
			text, ok := a.(string)
			pattern, isText := b.(string)
			return ok && isText && matchPattern(text, pattern)
		}},
		"IsPresent":   {operand: "true or false", valid: isBoolean, noPath: true},
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
		all["String"+name] = comparator{operand: "a string", valid: isText, holds: by(compareText, holds)}
		all["Numeric"+name] = comparator{operand: "a number", valid: isNumeric, holds: by(compareNumbers, holds)}
		all["Timestamp"+name] = comparator{operand: `a timestamp such as "2026-03-14T01:59:00Z"`, valid: isTimestamp, holds: by(compareTimes, holds)}
	}
	return all
}()

func isType(is func(any) bool) comparator {
	return comparator{operand: "true or false", valid: isBoolean, noPath: true, holds: func(a, b any) bool { return is(a) == (b == true) }}
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

// compareText is the order of UTF-16 code units, that of Java.
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

// matchPattern reports whether a text matches a pattern, in which an asterisk
// stands for any characters and a backslash takes its meaning from the next.
func matchPattern(text, pattern string) bool {
	// parts are what stands between the asterisks.
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

// comparison is the JSONPath condition of a rule.
func (f fields) comparison() (test, string) {
	var names []string
	for name := range f.object.All() {
		if name != "Variable" && choiceTests[name] == onlyJSONPath {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		f.problem(f.path, "got %d comparison operators, expected exactly one", len(names))
		return nil, ""
	}
	operator := names[0]
	switch operator {
	case "And", "Or":
		return f.combination(operator)
	case "Not":
		v, _ := f.object.Get("Not")
		inner, text := f.nested(v, f.at("Not"))
		return notTest{inner}, "not (" + text + ")"
	}
	return f.variableTest(operator)
}

func (f fields) nested(v any, path string) (test, string) {
	g, ok := f.reader.fields(v, path, "a comparison", kindTest, f.language)
	if !ok {
		return nil, ""
	}
	return g.comparison()
}

func (f fields) combination(operator string) (test, string) {
	list := f.list(operator, "comparisons")
	if len(list) == 0 {
		f.problem(f.at(operator), "got no comparison, expected at least one")
	}
	tests := make([]test, len(list))
	texts := make([]string, len(list))
	for i, v := range list {
		tests[i], texts[i] = f.nested(v, element(f.at(operator), i))
	}
	word := " " + strings.ToLower(operator) + " "
	return combinedTest{tests, operator == "Or"}, "(" + strings.Join(texts, word) + ")"
}

func (f fields) variableTest(operator string) (test, string) {
	if !f.has("Variable") {
		f.missing("Variable", "a JSONPath such as $.order")
		return nil, ""
	}
	variable := f.queryPath("Variable")
	if variable == nil || variable.Discard {
		return nil, ""
	}
	operand, _ := f.object.Get(operator)
	text := variable.String() + " " + operator + " " + value.Text(operand)
	if operator == "IsPresent" {
		present, ok := operand.(bool)
		if !ok {
			f.problem(f.at(operator), "got %s, expected true or false", describe(operand))
		}
		return presentTest{variable, present}, text
	}
	c, literal := comparisons[operator]
	if !literal {
		c = comparisons[strings.TrimSuffix(operator, "Path")]
		path := f.queryPath(operator)
		if path == nil || path.Discard {
			return nil, ""
		}
		return variableTest{variable, c.holds, nil, path}, text
	}
	if !c.valid(operand) {
		if !f.substituted(f.at(operator), operand) {
			f.problem(f.at(operator), "got %s, expected %s", describe(operand), c.operand)
			return nil, ""
		}
	}
	return variableTest{variable, c.holds, operand, nil}, text
}

type variableTest struct {
	variable *Path
	compare  func(variable, operand any) bool
	operand  any
	path     *Path // in place of operand
}

func (t variableTest) holds(s *Scope) (bool, error) {
	v, err := t.variable.Get(s)
	if err != nil {
		return false, invalidChoice(t.variable)
	}
	operand := t.operand
	if t.path != nil {
		if operand, err = t.path.Get(s); err != nil {
			return false, invalidChoice(t.path)
		}
	}
	return t.compare(v, operand), nil
}

func invalidChoice(p *Path) error {
	return &EvaluationError{Name: errRuntime, Message: fmt.Sprintf("Invalid path '%s': The choice state's condition path references an invalid value.", p)}
}

type presentTest struct {
	variable *Path
	present  bool
}

func (t presentTest) holds(s *Scope) (bool, error) {
	v, err := t.variable.Get(s)
	if list, ok := v.([]any); ok && err == nil && !t.variable.Definite() {
		return (len(list) > 0) == t.present, nil
	}
	return (err == nil) == t.present, nil
}

type notTest struct{ test }

func (t notTest) holds(s *Scope) (bool, error) {
	holds, err := t.test.holds(s)
	return !holds, err
}

type combinedTest struct {
	tests []test
	any   bool
}

// holds looks no further than it has to: what comes after may refer to what an
// earlier IsPresent has found missing.
func (t combinedTest) holds(s *Scope) (bool, error) {
	for _, inner := range t.tests {
		holds, err := inner.holds(s)
		if err != nil {
			return false, err
		}
		if holds == t.any {
			return t.any, nil
		}
	}
	return !t.any, nil
}
