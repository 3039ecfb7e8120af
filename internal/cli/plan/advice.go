package plan

import (
	"fmt"
	"math"
	"strings"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
)

// advice returns the recommended settings as props, in Go.
func (r *result) advice() string {
	s := r.recommended.Setup
	var text strings.Builder
	text.WriteString("// mapjob.Props\n")
	switch s.Passing {
	case plan.Inline:
		fmt.Fprintf(&text, "Mode: &mapjob.Inline{MaxConcurrency: jsii.Number(%d)},\n", s.MaxConcurrency)
	case plan.ByReference:
		fmt.Fprintf(&text, "Mode: &mapjob.ByReference{%sChunkSize: jsii.Number(%d), MaxConcurrency: jsii.Number(%d)},\n", express(s), s.Batch, s.MaxConcurrency)
	default:
		fmt.Fprintf(&text, "Mode: &mapjob.Distributed{%sBatchSize: jsii.Number(%d), MaxConcurrency: jsii.Number(%d)},\n", express(s), s.Batch, s.MaxConcurrency)
	}
	if failing := option.Failing(r.workload, r.job.shapes(s)); failing > 0 {
		fmt.Fprintf(&text, "ToleratedFailurePercentage: jsii.Number(%.0f),\n", math.Ceil(min(100, 100*failing)))
	}
	writeFunction(&text, s, plan.Worker)
	// Functions whose time the default of a minute may not cover.
	const long = 20 // seconds
	took := r.recommended.Took
	if took.Before > long && r.job.invokes(plan.JobStart) {
		writeFunction(&text, s, plan.JobStart)
	}
	if took.After > long && r.job.invokes(plan.Summary) {
		writeFunction(&text, s, plan.Summary)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// writeFunction writes the settings of a function.
func writeFunction(to *strings.Builder, s plan.Setup, role plan.Role) {
	fmt.Fprintf(to, "// gofunction.Props of the %s\nMemoryMB: jsii.Number(%d),\nTimeout:  awscdk.Duration_Seconds(jsii.Number(%.0f)),\n",
		role, s.Memory[role], s.Timeout[role].Seconds())
}

func express(s plan.Setup) string {
	if s.Children == plan.Express {
		return "Children: mapjob.ExpressChildren, "
	}
	return ""
}
