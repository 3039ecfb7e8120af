package plan

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/plan"
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
	fmt.Fprintf(&text, "// gofunction.Props of the worker\nMemoryMB: jsii.Number(%d),\nTimeout:  awscdk.Duration_Seconds(jsii.Number(%.0f)),",
		s.Memory[plan.Worker], s.Timeout[plan.Worker].Seconds())
	return text.String()
}

func express(s plan.Setup) string {
	if s.Children == plan.Express {
		return "Children: mapjob.ExpressChildren, "
	}
	return ""
}
