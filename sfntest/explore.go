package sfntest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/sfntest/internal/replay"
	"github.com/mapjob/mapjob/sfntest/internal/table"
)

// Sweep says what [Explore] does.
type Sweep struct {
	// Seeds is the number of seeds. Default: 100. The flag -sfntest.seeds wins.
	Seeds int
	// Options returns the options of a run. It is called for each run, so that runs
	// share no state: they go on at the same time. Required if the stack has
	// functions.
	Options func(r *Run) []Option
	// Do runs the test. Default: start the only state machine with {} and run it to
	// its end.
	Do func(r *Run)
	// Faults are the kinds of faults to choose from, at most MaxFaults in a run.
	// Default: all kinds, and three. With a list that is empty and not nil, only the
	// order differs in which things go on.
	Faults    []string
	MaxFaults int
	// Invariants are checked in every run. At least one is required.
	Invariants []Invariant
}

// Run is a run of one seed.
type Run struct {
	*World // has nothing yet in Sweep.Options
	Seed   uint64
	// Values are for the test: what its handlers saw. Handlers may run at the same
	// time: what several of them change needs a mutex.
	Values map[string]any

	states sync.Map
}

// State returns what an invariant keeps in this run under a key: the first time, what
// start returns. It is apart from Values, and may be called at any time. As those of
// package context, keys should have a type of the caller's own.
func (r *Run) State(key any, start func() any) any {
	if state, ok := r.states.Load(key); ok {
		return state
	}
	state, _ := r.states.LoadOrStore(key, start())
	return state
}

// Explore runs a stack once for each seed, each in a subtest and a bubble of its
// own, with faults that the seed chooses, and checks invariants. If one does not
// hold, Explore looks for the fewest faults with which it still does not, and
// prints them, the command that repeats the run, and its history. It fails if an
// invariant was reached in no run.
//
// The first run, seed 0, has no faults and lets things go on in the order in which
// they came. Every fourth seed has no faults either. What a seed chooses depends on
// the name of the test as well.
//
// Flags of go test: -sfntest.seeds N sets the number of seeds, -sfntest.seed N runs
// one of them only, and -sfntest.faults, a file or JSON, gives it other faults.
func Explore(t *testing.T, s *Stack, sweep Sweep) {
	t.Helper()
	e, err := newExplorer(t, s, sweep)
	if err != nil {
		t.Fatalf("sfntest.Explore: %v", err)
	}
	e.explore()
}

const (
	defaultSeeds     = 100
	defaultMaxFaults = 3
	// learning is how many seeds draw faults from what the run without faults has
	// shown. Later ones know what those have shown as well, such as states that only
	// faults lead to.
	learning = 20
	// again is how many seeds there are for each that runs twice, apart from seed 0.
	again = 20
	// maxFailures is how many failures end a sweep.
	maxFailures = 10
)

// explorer is a sweep that runs.
type explorer struct {
	t     *testing.T
	stack *Stack
	sweep Sweep
	flags *replay.Flags

	sites *fault.Sites // that draw faults
	name  uint64       // hash of the test's name

	mutex    sync.Mutex
	table    *table.Table
	failures map[string]int // by invariant and kinds of faults
	failed   int            // seeds in which something does not hold
	reported bool           // whether the sweep has failed the test
}

func newExplorer(t *testing.T, s *Stack, sweep Sweep) (*explorer, error) {
	flags, err := replay.ReadFlags()
	e := &explorer{t: t, stack: s, sweep: sweep, flags: flags, sites: &fault.Sites{}, name: hashOf(t.Name()), table: table.New(), failures: map[string]int{}}
	errs := []error{err}
	if len(sweep.Invariants) == 0 {
		errs = append(errs, errors.New("invariants: got none, expected at least one"))
	}
	names := map[string]bool{}
	for _, i := range sweep.Invariants {
		if names[i.name] || i.name == "" {
			errs = append(errs, fmt.Errorf("invariants: got the name %q twice or an empty one, expected names that differ", i.name))
		}
		names[i.name] = true
		if i.always == nil && i.finally == nil {
			errs = append(errs, fmt.Errorf("invariant %q: got no function, expected one", i.name))
		}
	}
	for _, kind := range sweep.Faults {
		if !slices.Contains(fault.Kinds(), kind) {
			errs = append(errs, fmt.Errorf("faults: got %q, expected one of %s", kind, strings.Join(fault.Kinds(), ", ")))
		}
	}
	if sweep.Seeds < 0 || sweep.MaxFaults < 0 {
		errs = append(errs, fmt.Errorf("seeds and most faults: got %d and %d, expected no negative numbers", sweep.Seeds, sweep.MaxFaults))
	}
	if e.sweep.Seeds == 0 {
		e.sweep.Seeds = defaultSeeds
	}
	if flags.Seeds > 0 {
		e.sweep.Seeds = flags.Seeds
	}
	if e.sweep.MaxFaults == 0 {
		e.sweep.MaxFaults = defaultMaxFaults
	}
	if e.sweep.Do == nil {
		e.sweep.Do = func(r *Run) { r.Start("", struct{}{}).RunToEnd() }
	}
	return e, errors.Join(errs...)
}

func (e *explorer) explore() {
	e.t.Helper()
	if e.flags.Seed != nil {
		e.exploreOnly(*e.flags.Seed)
		return
	}
	// Without faults everything must hold, else no fault is needed to find it.
	e.seeds(0, 0)
	if e.reported {
		return
	}
	e.seeds(1, min(learning, uint64(e.sweep.Seeds)))
	e.seeds(learning+1, uint64(e.sweep.Seeds))
	e.t.Log("\n" + e.table.String())
	if e.failed == 0 && e.table.Runs > e.sweep.Seeds {
		for _, i := range e.sweep.Invariants {
			if e.table.Reached[i.name] == 0 {
				e.t.Errorf("invariant %q was never reached in %d seeds: see with -v what was, and add seeds, inputs or faults that lead there", i.name, e.sweep.Seeds)
			}
		}
		for _, kind := range e.sweep.Faults {
			if !e.sites.CanStrike(kind) {
				e.t.Errorf("faults: got %q, which can strike nowhere in these runs, expected kinds that can, or none for all of them", kind)
			}
		}
	}
}

// exploreOnly runs the seed of the flag, with the faults that it has in a sweep.
func (e *explorer) exploreOnly(seed uint64) {
	faults := public(e.flags.Faults)
	if !e.flags.HasFaults && seed > 0 {
		e.learn(map[uint64]*fault.Sites{}, 0, 0)
		if seed > learning {
			e.learn(map[uint64]*fault.Sites{}, 1, learning)
		}
		faults = e.draw(seed)
	}
	e.subtest(seed, faults)
}

// seeds runs the seeds from one to another, at the same time.
func (e *explorer) seeds(from, to uint64) {
	sites := map[uint64]*fault.Sites{} // of the first seeds
	next := make(chan uint64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := range next {
				found := e.subtest(seed, e.draw(seed))
				if seed <= learning && found != nil {
					e.mutex.Lock()
					sites[seed] = found
					e.mutex.Unlock()
				}
			}
		})
	}
	for seed := from; seed <= to && !e.stopped(); seed++ {
		next <- seed
	}
	close(next)
	workers.Wait()
	if to <= learning {
		e.learn(sites, from, to)
	}
}

// learn lets later seeds draw faults from the sites of some seeds, in their order, so
// that the faults repeat. It runs seeds whose sites are not known: a pattern of go
// test may have left out their subtests.
func (e *explorer) learn(sites map[uint64]*fault.Sites, from, to uint64) {
	for seed := from; seed <= to && !e.stopped(); seed++ {
		if sites[seed] == nil {
			sites[seed] = e.run(e.t, seed, e.draw(seed)).sites
		}
	}
	for seed := from; seed <= to; seed++ {
		if sites[seed] != nil {
			e.sites.Add(sites[seed])
		}
	}
}

// draw returns the faults that a seed chooses.
func (e *explorer) draw(seed uint64) []Fault {
	if seed%4 == 0 || e.sweep.Faults != nil && len(e.sweep.Faults) == 0 {
		return nil
	}
	return public(e.sites.Draw(e.mixed(seed), e.sweep.Faults, e.sweep.MaxFaults))
}

// mixed returns what a seed stands for in this test: sweeps of other tests differ.
func (e *explorer) mixed(seed uint64) uint64 {
	if seed == 0 {
		return 0
	}
	return seed ^ e.name
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash does not fail
	return h.Sum64()
}

func (e *explorer) stopped() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.failed >= maxFailures
}

// subtest runs a seed, and reports what does not hold. It returns the sites of the
// run; nil if go test was told not to run it.
func (e *explorer) subtest(seed uint64, faults []Fault) (sites *fault.Sites) {
	e.t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		r := e.run(t, seed, faults)
		sites = r.sites
		if r.violation == nil && (seed == 0 || seed%again == 1 || e.flags.Seed != nil) {
			second := e.run(t, seed, faults)
			if difference := r.differs(second); difference != "" {
				e.fails()
				t.Errorf("%s\nrepeat: %s", notTheSame(difference), replay.Command(e.t.Name(), seed, internal(faults)))
			}
		}
		e.mutex.Lock()
		e.table.Add(&r.Run)
		e.mutex.Unlock()
		switch {
		case r.violation != nil:
			e.report(t, seed, faults, r)
		case e.t.Failed() && !e.fails():
			t.Errorf("the test has failed by itself in this seed, or in one at the same time, expected r.Fatalf or an invariant\nrepeat: %s", replay.Command(e.t.Name(), seed, internal(faults)))
		}
	})
	return sites
}

// fails notes that the sweep fails the test. It reports whether it has before.
func (e *explorer) fails() (before bool) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	before, e.reported = e.reported, true
	return before
}

// report prints a run in which an invariant does not hold.
func (e *explorer) report(t *testing.T, seed uint64, faults []Fault, r *result) {
	t.Helper()
	e.mutex.Lock()
	e.failed++
	e.reported = true
	key := r.violation.name + " " + replay.Kinds(internal(faults))
	e.failures[key]++
	first := e.failures[key] == 1
	e.mutex.Unlock()
	if !first {
		t.Errorf("%s\nas in a seed before, with faults of the same kinds: %s", r.violation, replay.Describe(internal(faults)))
		return
	}
	if r.violation.exited { // its message is printed already, and would be again
		t.Errorf("%s\nrepeat: %s\n%s", r.violation, replay.Command(e.t.Name(), seed, internal(faults)), r.history)
		return
	}
	smallest := r
	fewest := fault.Shrink(internal(faults), func(fewer []fault.Fault) bool {
		again := e.run(t, seed, public(fewer))
		if again.violation == nil || again.violation.name != r.violation.name {
			return false
		}
		smallest = again
		return true
	})
	because := replay.Needed(len(faults), fewest)
	if difference := smallest.differs(e.run(t, seed, public(fewest))); difference != "" {
		because = notTheSame(difference)
	}
	t.Errorf("%s\n%s\nrepeat: %s\n%s", smallest.violation, because, replay.Command(e.t.Name(), seed, fewest), smallest.history)
}

// notTheSame says why a run does not repeat.
func notTheSame(difference string) string {
	return "two runs differ at " + difference + ": a handler or an invariant depends on the order of its goroutines or of a map, on random numbers or on what runs share"
}
