package asl

import (
	"fmt"

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

func (f fields) catch(links []link) ([]*Catcher, []link) {
	var catchers []*Catcher
	list := f.list("Catch", "catchers")
	for i, v := range list {
		path := element(f.at("Catch"), i)
		g, ok := f.reader.fields(v, path, "a catcher", kindCatcher, f.language)
		if !ok {
			continue
		}
		g.offer = offersErrorOutput
		field := fmt.Sprintf("Catch[%d]", i)
		c := &Catcher{
			ErrorEquals: g.errorEquals(i == len(list)-1),
			Assign:      g.assign(field + "/Assign"),
		}
		if g.language == JSONata {
			c.Output = g.template("Output", field+"/Output")
		} else {
			c.ResultPath = g.referencePath("ResultPath")
		}
		if !g.has("Next") {
			g.missing("Next", "the name of a state")
		}
		links = g.link("Next", &c.Next, links)
		catchers = append(catchers, c)
	}
	return catchers, links
}
