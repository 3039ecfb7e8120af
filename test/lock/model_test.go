package lock

import (
	"flag"
	"testing"
	"time"
)

// The ten thousand schedules of the model:
//
//	go test ./test/lock -run TestModel -schedules 10000 -timeout 30m
//
// One of them again, with what happened in it:
//
//	go test ./test/lock -run TestModel -schedules 1 -seed 4711 -v
var (
	schedules = flag.Int("schedules", 400, "how many schedules the model runs")
	firstSeed = flag.Uint64("seed", 1, "of the first schedule; the following ones have the numbers after it")
)

// In every schedule, two executions are never in the body at once, each ending has a
// reason, and when all others have ended one more execution takes the lock.
func TestModel(t *testing.T) {
	w := start(t, assembly(t))
	sum := map[string]int{}
	began := time.Now()
	for i := range *schedules {
		s := w.newSchedule(t, *firstSeed+uint64(i))
		w.run(t, &s.plan, s.watch)
		for _, problem := range s.problems() {
			t.Errorf("schedule %d, %s: %s", s.seed, s.machine.id, problem)
		}
		if owners := w.owners(t); len(owners) > 0 {
			t.Fatalf("schedule %d, %s: got the locks %v, expected the last execution to have released it", s.seed, s.machine.id, owners)
		}
		for place, count := range s.happened {
			sum[place] += count
		}
		if *schedules == 1 {
			for _, x := range s.watch.of(s.last.machine) {
				t.Logf("%s %s to %s, in the body at %s: %s %s %s%s", x.name, x.started.Format(clock), x.ended.Format(clock), x.entered.Format(clock), x.status, x.errorName, x.cause, x.output)
			}
		}
		if t.Failed() {
			t.Fatalf("after %d schedules", i+1)
		}
	}
	for _, place := range places {
		if sum[place] == 0 && *schedules >= 100 {
			t.Errorf("got 0 executions %s in %d schedules, expected the model to get there", place, *schedules)
		}
	}
	t.Logf("%d schedules in %s: %v", *schedules, time.Since(began).Round(time.Millisecond), sum)
}

// newSchedule returns the schedule of a seed.
func (w *world) newSchedule(t testing.TB, seed uint64) *schedule {
	m := machines[seed%uint64(len(machines))]
	return newSchedule(seed, m, w.machineARN(t, m.id))
}
