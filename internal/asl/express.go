package asl

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
)

// CheckExpress reports what an Express workflow does not support: Distributed
// Maps, activities, and tasks that wait for a job or a token (developer guide,
// "Choosing workflow type"). The error is [Problems].
func (m *StateMachine) CheckExpress() error {
	d := &fields.Document{}
	checkExpress(d, &m.Flow, true)
	if len(d.Problems) == 0 {
		return nil
	}
	d.Problems.Locate(fields.QuoteSubstitutions(m.Definition))
	return d.Problems
}

// checkExpress reports what Express workflows do not support, if the flow is
// express, and in the Express children of its Maps.
func checkExpress(d *fields.Document, flow *Flow, express bool) {
	for _, s := range flow.States {
		inner := express
		if s.Map != nil && s.Map.Processor.Distributed {
			if express {
				path := s.Path + ".ItemProcessor.ProcessorConfig.Mode"
				d.Known(path, fields.SchemaText("Express state machine does not support Distributed Map", path),
					`got "DISTRIBUTED" in an Express state machine, expected "INLINE"`)
			}
			inner = s.Map.Processor.Express
		}
		if express && s.Task != nil {
			checkExpressTask(d, s)
		}
		for _, nested := range s.flows() {
			checkExpress(d, nested, inner)
		}
	}
}

func checkExpressTask(d *fields.Document, s *State) {
	var what string
	switch r := s.Task.Resource; {
	case r.Service == services.ActivityService:
		what = "Activity ARN"
	case r.Pattern != services.RequestResponse:
		what = fmt.Sprintf("'%s' service integration", string(r.Pattern))
	default:
		return
	}
	path := s.Path + ".Resource"
	d.Known(path, fields.SchemaText("Express state machine does not support "+what, path),
		"got %q in an Express state machine, expected a request-response integration or a function", s.Task.Resource.ARN)
}
