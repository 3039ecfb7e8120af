package asl

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl/fields"
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
	// Comment is empty if the definition does not set it.
	Comment string
	Next    *State
	// Assign and Output are evaluated if the rule matches.
	Assign    *expression.Template
	Output    *expression.Template
	condition expression.Condition
}

// Matches reports whether the condition holds.
func (r *Rule) Matches(s *expression.Scope) (bool, error) { return r.condition.Holds(s) }

func (p *parser) choice(f fields.Object, links []link) (*Choice, []link) {
	c := &Choice{}
	list := f.Some("Choices", "rule", "rules")
	for i, v := range list {
		g, ok := f.Document.Open(v, fields.Element(f.At("Choices"), i), "a choice rule", fields.RuleKind, f.Language)
		if !ok {
			continue
		}
		field := fmt.Sprintf("Choices[%d]", i)
		rule := &Rule{Comment: g.Text("Comment"), Assign: p.assign(g, field+"/Assign")}
		if g.Language == JSONata {
			rule.Output = g.Template("Output", field+"/Output")
			rule.condition, rule.Text = p.condition(g, field+"/Condition")
		} else {
			rule.condition, rule.Text = p.comparison(g)
		}
		if !g.Has("Next") {
			g.Missing("Next", "the name of a state")
		}
		links = p.link(g, "Next", &rule.Next, links)
		c.Rules = append(c.Rules, rule)
	}
	return c, p.link(f, "Default", &c.Default, links)
}

// condition reads the JSONata condition of a rule.
func (p *parser) condition(f fields.Object, field string) (expression.Condition, string) {
	v, ok := f.Get("Condition")
	if !ok {
		f.Missing("Condition", "a JSONata expression {% … %} or a boolean")
		return nil, ""
	}
	switch v := v.(type) {
	case bool:
		return expression.Literal(v), value.Text(v)
	case string:
		if source, ok := expression.JSONataSource(v); ok {
			if e := f.Expression(source, f.At("Condition"), field); e != nil {
				return e, source
			}
			return nil, ""
		}
	}
	f.Document.Problem(f.At("Condition"), "got %s, expected a JSONata expression {%% … %%} or a boolean", value.Describe(v))
	return nil, ""
}
