package plan

import (
	"cmp"

	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/measured"
)

// readRun reads what a run measured.
func readRun(id string) (*measured.Run, error) {
	folder, err := runs.Find(id)
	if err != nil {
		return nil, err
	}
	return measured.Read(folder)
}

// processor is the memory, in MB, with which a function has a whole processor.
const processor = 1769

// withRoom returns the sizes of memory that have at least a quarter more than a worker
// used at most, in MB, and those that are too small. If all are too small, they are kept.
func withRoom(times []timed, most int) (kept []timed, small []string) {
	for _, t := range times {
		if t.memory*4 >= most*5 {
			kept = append(kept, t)
		} else {
			small = append(small, number.Thousands(t.memory))
		}
	}
	if len(kept) == 0 {
		return times, nil
	}
	return kept, small
}

// measured takes what the flags leave open from a run.
func (c *Command) measured(r *result) {
	run, w, j := r.measured, &r.workload, &r.job
	w.Items, w.ItemBytes, w.ResultBytes = cmp.Or(w.Items, run.Items), cmp.Or(w.ItemBytes, run.ItemBytes), cmp.Or(w.ResultBytes, run.ResultBytes)
	if w.Failed == 0 && run.Items > 0 {
		w.Failed = float64(run.Failed) / float64(run.Items)
	}
	if w.Crashed == 0 && j.shape != nil {
		w.Crashed = max(run.Crashed(j.shape.Child), run.Crashed(j.shape.PerItem))
	}
	if c.ItemsAtOnce == 0 && run.ItemsAtOnce >= 1 {
		j.setup.ItemsAtOnce = int(run.ItemsAtOnce + 0.5)
	}
	if j.shape != nil {
		most := max(run.WorkerMemory(j.shape.Child), run.WorkerMemory(j.shape.PerItem))
		kept, small := withRoom(r.times, most)
		if len(small) > 0 {
			r.assume("the worker used %s MB in the run: plans with %s MB of memory are left out", number.Thousands(most), number.Some(small))
		}
		r.times = kept
	}
	if len(r.times) > 0 || run.Time.Mean() <= 0 {
		return
	}
	memory := j.setup.Memory[plan.Worker]
	r.times = []timed{{memory, run.Time}}
	note := "the time of an item was measured on this machine"
	if run.ByChild {
		note += ", as that of a child execution divided by its items"
	}
	if memory < processor {
		r.assume("%s: an item that computes may take %.1f times as long with %s MB of Lambda, which is %.2f of a processor; --item-ms says how long", note,
			processor/float64(memory), number.Thousands(memory), float64(memory)/processor)
	} else {
		r.assume("%s: --item-ms says how long it takes on Lambda", note)
	}
}
