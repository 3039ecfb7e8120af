package asl

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// Choice holds the fields of a Choice state.
type Choice struct {
	Rules   []*Rule
	Default *State
}

// Rule is an element of Choices.
type Rule struct {
	// Text is the condition in readable form.
	Text string
	Next *State
	// Assign and Output are evaluated if the rule matches.
	Assign    *expression.Template
	Output    *expression.Template
	condition expression.Condition
}

// Matches reports whether the condition holds.
func (r *Rule) Matches(s *expression.Scope) (bool, error) { return r.condition.Holds(s) }

func (f fields) choice(links []link) (*Choice, []link) {
	c := &Choice{}
	list := f.list("Choices", "rules")
	if len(list) == 0 {
		f.reader.problem(f.at("Choices"), "got no rule, expected at least one")
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
			rule.condition, rule.Text = g.condition(field + "/Condition")
		} else {
			rule.condition, rule.Text = g.comparison()
		}
		if !g.has("Next") {
			g.missing("Next", "the name of a state")
		}
		links = g.link("Next", &rule.Next, links)
		c.Rules = append(c.Rules, rule)
	}
	return c, f.link("Default", &c.Default, links)
}

// condition reads the JSONata condition of a rule.
func (f fields) condition(field string) (expression.Condition, string) {
	v, ok := f.object.Get("Condition")
	if !ok {
		f.missing("Condition", "a JSONata expression {% … %} or a boolean")
		return nil, ""
	}
	switch v := v.(type) {
	case bool:
		return expression.Literal(v), value.Text(v)
	case string:
		if source, ok := expression.JSONataSource(v); ok {
			if e := f.expression(source, f.at("Condition"), field); e != nil {
				return e, source
			}
			return nil, ""
		}
	}
	f.reader.problem(f.at("Condition"), "got %s, expected a JSONata expression {%% … %%} or a boolean", value.Describe(v))
	return nil, ""
}
