package template

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parameter is a parameter of a template.
type parameter struct {
	Type          string
	Default       any
	AllowedValues []any
}

// fromStore is the beginning of the type of a parameter whose value is the name of
// one in the Systems Manager's parameter store.
const fromStore = "AWS::SSM::Parameter::Value<"

// SetParameters gives parameters of the app's stacks values. A name is NAME, of
// every stack that has such a parameter, or STACK:NAME.
func (a *Assembly) SetParameters(given map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		of, parameter, one := strings.Cut(name, ":")
		if !one {
			of, parameter = "", name
		}
		known := false
		for _, s := range a.stacks {
			if of != "" && of != s.Name && of != s.Path {
				continue
			}
			if p, ok := s.document.Parameters[parameter]; ok {
				known = true
				if _, err := p.parse(given[name]); err != nil {
					return fmt.Errorf("--parameter %s: %w", name, err)
				}
				s.parameters[parameter] = given[name]
			}
		}
		if !known {
			return fmt.Errorf("--parameter %s: got a parameter that no stack has, expected %s", name, a.listParameters())
		}
	}
	return nil
}

// Advice says what to do about what a template lacks, in place of what the command says.
type Advice struct {
	Parameter string // without a value
	Import    string // what was expected
}

// Advise sets what the errors of a stack and its assembly advise.
func (s *Stack) Advise(a Advice) { s.assembly.advice = a }

// listParameters lists the parameters that users of the app have declared.
func (a *Assembly) listParameters() string {
	var list []string
	for _, s := range a.stacks {
		for _, name := range slices.Sorted(maps.Keys(s.document.Parameters)) {
			if !strings.HasPrefix(s.document.Parameters[name].Type, fromStore) {
				list = append(list, s.Path+":"+name)
			}
		}
	}
	if list == nil {
		return "none: the app has no parameters"
	}
	return "one of: " + strings.Join(list, ", ")
}

// parameter returns the value of a parameter: of a nested stack the one that its
// parent passes, else the given one or its default.
func (s *Stack) parameter(name string, p parameter) (any, error) {
	if s.holder != nil {
		passed, _ := s.holder.properties["Parameters"].(map[string]any)
		if v, ok := passed[name]; ok {
			return s.holder.Stack.Resolve(v)
		}
	}
	given, ok := s.parameters[name]
	switch {
	case ok:
		return p.parse(given)
	case p.Default == nil:
		advice := cmp.Or(s.assembly.advice.Parameter, "give one with --parameter "+name+"=VALUE")
		return nil, fmt.Errorf("parameter %s of stack %s has no default, expected a value: %s", name, s.Path, advice)
	case strings.HasPrefix(p.Type, fromStore):
		v, err := s.stored(fmt.Sprint(p.Default))
		switch {
		case err == nil:
			return v, nil
		case s.assembly.advice.Parameter != "":
			return nil, fmt.Errorf("parameter %s of stack %s: %w", name, s.Path, err)
		}
		return nil, fmt.Errorf("parameter %s of stack %s: %w, or a value with --parameter %s=VALUE", name, s.Path, err, name)
	}
	if text, ok := p.Default.(string); ok {
		return p.parse(text)
	}
	return p.Default, nil
}

// parse reads the text of a value.
func (p *parameter) parse(text string) (any, error) {
	if len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, func(v any) bool { return fmt.Sprint(v) == text }) {
		allowed := make([]string, len(p.AllowedValues))
		for i, v := range p.AllowedValues {
			allowed[i] = fmt.Sprint(v)
		}
		return nil, fmt.Errorf("got %q, expected one of: %s", text, strings.Join(allowed, ", "))
	}
	switch kind := strings.TrimSuffix(strings.TrimPrefix(p.Type, fromStore), ">"); {
	case kind == "Number":
		if !json.Valid([]byte(text)) || strings.ContainsAny(text[:1], `"[{tfn`) {
			return nil, fmt.Errorf("got %q, expected a number", text)
		}
		return json.Number(text), nil
	case kind == "CommaDelimitedList", strings.HasPrefix(kind, "List<"):
		var list []any
		for part := range strings.SplitSeq(text, ",") {
			list = append(list, strings.TrimSpace(part))
		}
		return list, nil
	}
	return text, nil
}
