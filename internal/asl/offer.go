package asl

import (
	"regexp"
	"slices"
)

// offer is what an expression may read of $states beside the input and the
// context: the result in Output and Assign of a state that has one, the error
// in those of a catcher (developer guide, "Transforming data with JSONata").
type offer string

const (
	offersResult      offer = "result"
	offersErrorOutput offer = "errorOutput"
)

var (
	// notCode are the parts of an expression that name nothing: strings and
	// comments.
	notCode       = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?s:/\*.*?\*/)`)
	offeredMember = regexp.MustCompile(`\$states\s*\.\s*(result|errorOutput)\b`)
)

// unoffered are the members of $states that the expression reads without being
// offered them.
func (e *Expression) unoffered(o offer) []string {
	if !slices.Contains(e.compiled.Variables(), "states") {
		return nil
	}
	var names []string
	for _, match := range offeredMember.FindAllStringSubmatch(notCode.ReplaceAllString(e.Source, "''"), -1) {
		if name := match[1]; name != string(o) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// expression compiles an expression, and refuses one that reads what the
// service does not offer it.
func (f fields) expression(source, path, field string) *Expression {
	e, err := compileExpression(source, field)
	if err != nil {
		if f.substituted(path, source) {
			return nil
		}
		f.problem(path, "got the JSONata expression %q, which does not parse: %s; expected JSONata 2.0.6", source, message(err))
		return nil
	}
	if e.compiled.UsesInput() && !substitution.MatchString(source) {
		f.problem(path, "got the JSONata expression %q, which refers to an input by $, $$ or a field, expected $states.input or a variable", source)
	}
	for _, name := range e.unoffered(f.offer) {
		f.problem(path, "got $states.%s in the JSONata expression %q, expected it only in %s", name, source, offered[offer(name)])
	}
	return e
}

// offered says where a member of $states can be read.
var offered = map[offer]string{
	offersResult:      "Output and Assign of a Task, Parallel or Map state",
	offersErrorOutput: "Output and Assign of a catcher",
}
