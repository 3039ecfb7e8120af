package main

import (
	"slices"

	"github.com/mapjob/mapjob/test/bench/devloop"
	"github.com/mapjob/mapjob/test/bench/executions"
	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/kit"
	"github.com/mapjob/mapjob/test/bench/mapstate"
	"github.com/mapjob/mapjob/test/bench/parts"
	"github.com/mapjob/mapjob/test/bench/paths"
	"github.com/mapjob/mapjob/test/bench/planner"
)

// figures returns all figures, group by group.
func figures() []figure.Figure {
	return slices.Concat(mapstate.Figures(), paths.Figures(), kit.Figures(), parts.Figures(), planner.Figures(), executions.Figures(), devloop.Figures())
}
