package plan

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan/simulate"
)

// simulated is a simulation of the recommended option.
type simulated struct {
	seed   uint64
	result simulate.Result
	within bool // 5% of the plan
	why    string
}

// simulate simulates the recommended option.
func (r *result) simulate(ctx context.Context, seed *uint64, streams *terminal.Streams) error {
	s := &simulated{seed: 1}
	if seed != nil {
		s.seed = *seed
	}
	o := r.recommended
	w := r.workload
	w.Time = r.timeOf(*o)
	progress := terminal.NewProgress(streams.Err)
	var err error
	s.result, err = simulate.Run(ctx, simulate.Options{Workload: w, Setup: o.Setup, Shape: r.job.shapes(o.Setup), Book: r.book, Seed: s.seed, Progress: func(items, of int) {
		progress.Say("simulated %s of %s", number.Thousands(items), number.Of(of, "item"))
	}})
	if err != nil {
		return fmt.Errorf("--simulate: %w", err)
	}
	s.within, s.why = s.result.Against(o.Took)
	r.simulated = s
	return nil
}

func (s *simulated) print(to *strings.Builder) {
	x := s.result
	fmt.Fprintf(to, "\nSimulated with seed %d: %s, %s, %s at once, %s of the worker", s.seed, lasting(x.Seconds), number.Of(x.Children, "child execution"),
		number.Thousands(x.MostRunning), number.Of(x.Environments, "environment"))
	if x.Throttled > 0 {
		fmt.Fprintf(to, ", %s throttled", number.Of(x.Throttled, "request"))
	}
	if x.Retried > 0 {
		fmt.Fprintf(to, ", %s retried", number.Of(x.Retried, "call"))
	}
	if x.FailedChildren > 0 {
		fmt.Fprintf(to, ", %s failed", number.Of(x.FailedChildren, "child execution"))
	}
	if s.within {
		fmt.Fprintln(to, ". That is within 5% of the plan.")
		return
	}
	fmt.Fprintf(to, ". That differs from the plan by more than 5%%: %s.\n", cmp.Or(s.why, "nothing that it met explains it"))
}

func (s *simulated) answer() *answerSimulation {
	x := s.result
	return &answerSimulation{Seed: s.seed, Seconds: x.Seconds, Children: x.Children, MostRunning: x.MostRunning, Environments: x.Environments, Throttled: x.Throttled,
		Retried: x.Retried, Within5: s.within, Why: s.why, WaitedSeconds: x.Waited}
}
