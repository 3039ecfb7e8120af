package fault

import (
	"fmt"
	"hash/fnv"
	"sync"
)

// Strike is a fault that strikes.
type Strike struct {
	Fault  Fault
	Number int // of the fault in the plan, from 1; those of Share come after Faults
	Site   Site
}

// Injector decides which faults of a plan strike in one run. It is safe for
// concurrent use.
type Injector struct {
	plan    *Plan
	targets []target // the faults, then those of Share

	mu      sync.Mutex
	matched []int // sites, for each fault
	struck  []int // times, for each fault
	seen    map[string]int
}

// Begin returns an injector for a new run. A nil plan has no faults.
func (p *Plan) Begin() *Injector {
	if p == nil {
		p = &Plan{}
	}
	i := &Injector{plan: p, matched: make([]int, len(p.Faults)), struck: make([]int, len(p.Faults)), seen: map[string]int{}}
	for n := range len(p.Faults) + len(p.Share) {
		i.targets = append(i.targets, newTarget(p.fault(n)))
	}
	return i
}

// At returns what strikes at a site. Call it once for each time that the run comes
// there: each call counts. If several faults could strike, the first of the plan
// does.
func (i *Injector) At(site Site) (Strike, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var strike Strike
	for n := range i.struck {
		t := &i.targets[n]
		if !t.matches(&site) {
			continue
		}
		i.matched[n]++
		if strike.Number != 0 || i.matched[n] < t.Invocation || t.times() >= 0 && i.struck[n] >= t.times() {
			continue
		}
		i.struck[n]++
		strike = Strike{*t.Fault, n + 1, site}
	}
	for n := len(i.struck); n < len(i.targets) && strike.Number == 0; n++ {
		t := &i.targets[n]
		if t.matches(&site) && i.drawn(n, &site) < i.plan.Share[n-len(i.struck)].Of {
			strike = Strike{*t.Fault, n + 1, site}
		}
	}
	return strike, strike.Number != 0
}

// drawn returns a number from 0 to 1 that depends on the seed, the share, the site
// and how often the run has come there, but not on the order of sites.
func (i *Injector) drawn(share int, site *Site) float64 {
	where := *site
	where.Execution = ""
	key := fmt.Sprintf("%d %d %+v", i.plan.Seed, share, where)
	i.seen[key]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", key, i.seen[key])
	n := h.Sum64() // whose upper bits hardly depend on the end of a text
	n ^= n >> 32
	n *= 0xd6e8feb86659fd93
	n ^= n >> 32
	return float64(n>>11) / (1 << 53)
}

// Missed takes back a strike that could not be done: the run had gone on.
func (i *Injector) Missed(s Strike) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if n := s.Number - 1; n < len(i.struck) {
		i.struck[n]--
	}
}

// Unreached returns the faults that never struck.
func (i *Injector) Unreached() []Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	var never []Fault
	for n, struck := range i.struck {
		if struck == 0 {
			never = append(never, i.plan.Faults[n])
		}
	}
	return never
}
