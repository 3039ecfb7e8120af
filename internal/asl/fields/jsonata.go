package fields

import (
	"errors"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
)

// Offer is a member of $states that only some fields may read: result in Output
// and Assign of a state that has a result, errorOutput in those of a catcher
// (developer guide, "Transforming data with JSONata").
type Offer string

// The members that only some fields may read.
const (
	Result      Offer = "result"
	ErrorOutput Offer = "errorOutput"
)

// offered names the fields that may read a member of $states.
var offered = map[Offer]string{
	Result:      "Output and Assign of a Task, Parallel or Map state",
	ErrorOutput: "Output and Assign of a catcher",
}

// Expression compiles an expression. It refuses one that reads a member of $states
// that does not exist in its field.
func (f Object) Expression(source, path, field string) *expression.JSONata {
	e, err := expression.CompileJSONata(source, field)
	if err != nil {
		if f.Document.Substituted(path, source) {
			return nil
		}
		f.Document.Problem(path, "got the JSONata expression %q, expected JSONata 2.0.6: %s", source, message(err))
		return nil
	}
	if e.UsesInput() && !substitution.MatchString(source) {
		f.Document.Problem(path, "got the JSONata expression %q, which reads an input by $, $$ or a field name, expected $states.input or a variable", source)
	}
	for _, name := range e.StatesMembers() {
		if name == "input" || name == string(f.Offer) {
			continue
		}
		f.Document.Problem(path, "got $states.%s in the JSONata expression %q, expected it only in %s", name, source, offered[Offer(name)])
	}
	return e
}

func message(err error) string {
	var evaluation *expression.Error
	if errors.As(err, &evaluation) {
		return evaluation.Message
	}
	return err.Error()
}

// checkDelimiters reports a string that has only one of the two delimiters of an
// expression at its place. One with neither is just a string, even if it has an
// expression with white space around it (recorded).
func (f Object) checkDelimiters(s, path string) bool {
	if strings.HasPrefix(s, "{%") == strings.HasSuffix(s, "%}") || f.Document.Substituted(path, s) {
		return true
	}
	f.Document.Problem(path, "got %q, expected {%% at the beginning and %%} at the end, or neither", s)
	return false
}

func hasDelimiters(s string) bool {
	_, ok := expression.JSONataSource(s)
	return ok
}
