package asl

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/value"
)

// Choice is what a Choice state has of its own.
type Choice struct {
	Rules   []*Rule
	Default *State
}

// Rule is one element of Choices.
type Rule struct {
	// Text is the condition as a person reads it.
	Text string
	Next *State
	// Assign and Output are done when the rule is the one that matches.
	Assign *Template
	Output *Template
	test   test
}

// test is the condition of a rule.
type test interface {
	holds(*Scope) (bool, error)
}

// Matches reports whether the condition holds.
func (r *Rule) Matches(s *Scope) (bool, error) { return r.test.holds(s) }

func (f fields) choice(links []link) (*Choice, []link) {
	c := &Choice{}
	list := f.list("Choices", "rules")
	if len(list) == 0 {
		f.problem(f.at("Choices"), "got no rule, expected at least one")
	}
	for i, v := range list {
		g, ok := f.reader.fields(v, element(f.at("Choices"), i), "a choice rule", kindRule, f.language)
		if !ok {
			continue
		}
		field := fmt.Sprintf("Choices[%d]", i)
		rule := &Rule{Assign: g.assign(field + "/Assign")}
		if g.language == JSONata {
			rule.Output = g.template("Output", field+"/Output")
			rule.test, rule.Text = g.condition(field + "/Condition")
		} else {
			rule.test, rule.Text = g.comparison()
		}
		if !g.has("Next") {
			g.missing("Next", "the name of a state")
		}
		links = g.link("Next", &rule.Next, links)
		c.Rules = append(c.Rules, rule)
	}
	return c, f.link("Default", &c.Default, links)
}

// condition is the JSONata condition of a rule.
func (f fields) condition(field string) (test, string) {
	v, ok := f.object.Get("Condition")
	if !ok {
		f.missing("Condition", "a JSONata expression {% … %} or a boolean")
		return nil, ""
	}
	switch v := v.(type) {
	case bool:
		return literalTest(v), value.Text(v)
	case string:
		if source, ok := isExpression(v); ok {
			if e := f.expression(source, f.at("Condition"), field); e != nil {
				return expressionTest{e}, source
			}
			return nil, ""
		}
	}
	f.problem(f.at("Condition"), "got %s, expected a JSONata expression {%% … %%} or a boolean", describe(v))
	return nil, ""
}

type literalTest bool

func (t literalTest) holds(*Scope) (bool, error) { return bool(t), nil }

type expressionTest struct{ *Expression }

func (t expressionTest) holds(s *Scope) (bool, error) {
	v, err := t.Evaluate(s)
	if err != nil {
		return false, err
	}
	holds, ok := v.(bool)
	if !ok {
		return false, t.unexpected("boolean", v)
	}
	return holds, nil
}
