package jsonata

import (
	"errors"

	"github.com/mapjob/mapjob/internal/jsonata/internal/regex"
)

// regexFunction is a regular expression literal. It is a function: applied to a
// string it returns a match, which holds a function that returns the next
// match.
type regexFunction struct{ re *regex.Regexp }

// first returns the first match in text, or nil if there is none.
func (r *regexFunction) first(text string) (*match, error) { return r.match(r.re.Find(text)) }

// match converts a match of package regex, or its error.
func (r *regexFunction) match(found *regex.Match, err error) (*match, error) {
	switch {
	case errors.Is(err, regex.ErrEmptyMatch):
		return nil, &Error{Code: "D1004", Value: r.re.Source()}
	case err != nil:
		return nil, &Error{Message: timedOut}
	case found == nil:
		return nil, nil
	}
	for i, g := range found.Groups {
		if g == nil {
			found.Groups[i] = Undefined
		}
	}
	return &match{
		text: found.Text, start: found.Start, end: found.End, groups: found.Groups,
		next: func() (*match, error) { return r.match(found.Next()) },
	}, nil
}

func (*regexFunction) arity() int { return 2 }

func (r *regexFunction) call(ev *evaluation, arguments []any, _ any) (any, error) {
	if len(arguments) == 0 {
		return Undefined, nil
	}
	text, ok := arguments[0].(string)
	if !ok {
		if _, isFunction := arguments[0].(callable); isFunction || IsUndefined(arguments[0]) {
			return Undefined, nil
		}
		text = ev.scriptText(arguments[0])
	}
	m, err := r.first(text)
	if err != nil {
		return nil, err
	}
	return m.value(ev, text), nil
}
