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
	for s := range m.AllStates() {
		if s.Map != nil && s.Map.Processor.Distributed {
			path := s.Path + ".ItemProcessor.ProcessorConfig.Mode"
			d.Known(path, fields.SchemaText("Express state machine does not support Distributed Map", path),
				`got "DISTRIBUTED" in an Express state machine, expected "INLINE"`)
		}
		if s.Task == nil {
			continue
		}
		var what string
		switch r := s.Task.Resource; {
		case r.Service == services.ActivityService:
			what = "Activity ARN"
		case r.Pattern != services.RequestResponse:
			what = fmt.Sprintf("'%s' service integration", string(r.Pattern))
		default:
			continue
		}
		path := s.Path + ".Resource"
		d.Known(path, fields.SchemaText("Express state machine does not support "+what, path),
			"got %q in an Express state machine, expected a request-response integration or a function", s.Task.Resource.ARN)
	}
	if len(d.Problems) == 0 {
		return nil
	}
	d.Problems.Locate(fields.QuoteSubstitutions(m.Definition))
	return d.Problems
}
