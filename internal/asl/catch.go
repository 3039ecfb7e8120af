package asl

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/expression"
)

// Catcher is an element of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        *State
	ResultPath  *expression.ReferencePath
	Assign      *expression.Template
	Output      *expression.Template
}

func (p *parser) catch(f fields.Object, links []link) ([]*Catcher, []link) {
	var catchers []*Catcher
	list := f.List("Catch", "catchers")
	for i, v := range list {
		path := fields.Element(f.At("Catch"), i)
		g, ok := f.Document.Open(v, path, "a catcher", fields.CatcherKind, f.Language)
		if !ok {
			continue
		}
		g.Offer = fields.ErrorOutput
		field := fmt.Sprintf("Catch[%d]", i)
		c := &Catcher{
			ErrorEquals: p.errorEquals(g, i == len(list)-1),
			Assign:      p.assign(g, field+"/Assign"),
		}
		if g.Language == JSONata {
			c.Output = g.Template("Output", field+"/Output")
		} else {
			c.ResultPath = g.ReferencePath("ResultPath")
		}
		if !g.Has("Next") {
			g.Missing("Next", "the name of a state")
		}
		links = p.link(g, "Next", &c.Next, links)
		catchers = append(catchers, c)
	}
	return catchers, links
}
