package simulation

import (
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/redriven"
	"github.com/mapjob/mapjob/internal/objects"
)

// redrivenResults returns a store of the engine in which results of Map Runs are as
// redrives leave them, if a fault strikes.
func (s *Simulation) redrivenResults(store objects.Store) *redriven.Results {
	strikes := map[string]fault.Strike{} // by the ARN of the Map Run
	return &redriven.Results{
		Store: store,
		Strikes: func(run engine.MapRunInfo) bool {
			site := fault.Site{Moment: fault.Results, Execution: run.ExecutionARN}
			if m := s.stack.Started(run.ExecutionARN); m != nil {
				site.Machine, site.State = m.ID, m.PathOf(run.StateName)
			}
			s.note(site)
			if !s.strikes[site.Moment] {
				return false
			}
			strike, struck := s.injector.At(site)
			if struck {
				strikes[run.ARN] = strike
			}
			return struck
		},
		Ended: func(run engine.MapRunInfo, written bool) {
			switch strike := strikes[run.ARN]; {
			case !written:
				s.injector.Missed(strike)
			case s.options.Struck != nil:
				s.options.Struck(strike.Site, strike.Fault)
			}
		},
	}
}
