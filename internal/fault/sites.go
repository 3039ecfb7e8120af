package fault

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Sites are the places that runs have come to, from which a seed draws faults. The
// zero value is empty and ready to use. It is safe for concurrent use.
type Sites struct {
	// Longest is the longest delay that is drawn. Default: 20 minutes.
	Longest time.Duration

	mu    sync.Mutex
	found map[string]*recorded
}

// recorded is a place with how often a run has come there, at most.
type recorded struct {
	site  Site
	count int
	items map[int]bool
}

// placeOf returns a site as a key, without its items, and the events that follow the
// first.
func placeOf(s *Site) string {
	return fmt.Sprintf("%d|%s|%s|%s|%s|%d|%d", s.Moment, s.Machine, s.State, s.Function, s.Call, s.Attempt, s.Write)
}

// Record adds a site.
func (s *Sites) Record(site Site) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(&site, site.Items).count++
}

// add returns what is known of a site.
func (s *Sites) add(site *Site, items []int) *recorded {
	if s.found == nil {
		s.found = map[string]*recorded{}
	}
	key := placeOf(site)
	r := s.found[key]
	if r == nil {
		r = &recorded{site: *site, items: map[int]bool{}}
		r.site.Items, r.site.Execution = nil, ""
		s.found[key] = r
	}
	if site.Moment == Event { // the last one
		r.site.Event = max(r.site.Event, site.Event)
	}
	for _, i := range items {
		r.items[i] = true
	}
	return r
}

// Add adds the sites of another run.
func (s *Sites) Add(other *Sites) {
	other.mu.Lock()
	all := slices.Collect(maps.Values(other.found))
	other.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range all {
		known := s.add(&r.site, slices.Collect(maps.Keys(r.items)))
		known.count = max(known.count, r.count)
	}
}

// Draw returns faults that a seed chooses from the sites: at least one and at most
// as many as given, of the given kinds, or of all kinds if there are none. The same
// seed and sites give the same faults. It returns none if no kind can strike. The time
// of an execution that may take a year is up only if that kind is given.
func (s *Sites) Draw(seed uint64, among []string, most int) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := len(among) == 0
	if all {
		among = Kinds()
	}
	var places []*recorded
	for _, key := range slices.Sorted(maps.Keys(s.found)) {
		places = append(places, s.found[key])
	}
	type choice struct {
		kind   kind
		places []*recorded
	}
	var choices []choice
	for _, name := range among {
		k, _ := kindOf(name)
		c := choice{kind: k}
		for _, r := range places {
			if k.canStrike(&r.site) && !(all && name == Expire && r.site.Untimed) {
				c.places = append(c.places, slices.Repeat([]*recorded{r}, r.weight())...)
			}
		}
		if len(c.places) > 0 {
			choices = append(choices, c)
		}
	}
	if len(choices) == 0 || most < 1 {
		return nil
	}
	random := rand.New(rand.NewPCG(seed, 0xfa017))
	faults := make([]Fault, 1+random.IntN(most))
	for i := range faults {
		c := choices[random.IntN(len(choices))]
		faults[i] = s.drawAt(random, &c.kind, c.places[random.IntN(len(c.places))])
	}
	return faults
}

// CanStrike reports whether there is a place for faults of a kind.
func (s *Sites) CanStrike(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := kindOf(name)
	for _, r := range s.found {
		if known && k.canStrike(&r.site) {
			return true
		}
	}
	return false
}

// canStrike reports whether some fault of a kind strikes at a site.
func (k *kind) canStrike(at *Site) bool {
	t := target{Fault: &Fault{}, kind: *k, write: at.Write, event: at.Event}
	if at.Moment == Request {
		t.Call = at.Call
	}
	return t.strikesAt(at)
}

// drawAt draws the rest of a fault at a place.
func (s *Sites) drawAt(random *rand.Rand, k *kind, at *recorded) Fault {
	site := &at.site
	f := Fault{Fault: k.name, Machine: site.Machine, State: site.State}
	if f.State == "" {
		f.Function = site.Function
	}
	if site.Moment == Request {
		f.Call = site.Call
	}
	if slices.Contains(k.fields, "items") && len(at.items) > 0 && random.IntN(2) == 0 {
		items := slices.Sorted(maps.Keys(at.items))
		f.Items = []int{items[random.IntN(len(items))]}
	}
	if slices.Contains(k.fields, "attempt") {
		switch random.IntN(5) {
		case 0: // each time
			f.Times = -1
		case 1: // until most retries are used up
			f.Times = 2 + random.IntN(2)
		default:
			attempt := site.Attempt
			f.Attempt = &attempt
			if at.count > 1 && f.Items == nil {
				f.Invocation = 1 + random.IntN(min(at.count, 20))
			}
		}
	}
	s.drawOwn(random, &f, site)
	return f
}

// maxWeight is how much more often a fault is drawn at a place to which runs come
// several times, such as the worker of a Map, at most.
const maxWeight = 4

func (r *recorded) weight() int {
	if r.site.Moment == Event { // there is one place for all
		return 1
	}
	return min(r.count, maxWeight)
}

// drawOwn draws the fields that a kind has for itself.
func (s *Sites) drawOwn(random *rand.Rand, f *Fault, site *Site) {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	switch f.Fault {
	case Error:
		if site.Moment == Task {
			f.Error = pick(slices.Concat([]string{"States.TaskFailed"}, site.Errors, []string{""})...)
		}
	case Crash:
		if site.Moment == Write {
			f.When = fmt.Sprintf("write %d", site.Write)
		} else {
			f.When = pick(before, After)
		}
	case Duplicate:
		f.When = pick(Together, later)
	case Slow:
		f.Delay = s.delay(random)
	case Large:
		f.Bytes = []int{defaultSize, 6_300_000}[random.IntN(2)]
	case Answer:
		f.Answer = json.RawMessage(pick(`null`, `{}`, `[]`, `"text"`, `[{"index":0}]`, `[{"index":999999,"status":"SUCCEEDED"}]`))
	case Stop, Expire:
		if site.Moment == Event {
			f.State = ""
			f.When = fmt.Sprintf("event %d", 1+random.IntN(site.Event))
		} else if random.IntN(2) == 0 {
			f.After = s.delay(random)
		}
	}
}

func (s *Sites) delay(random *rand.Rand) time.Duration {
	longest := cmp.Or(s.Longest, 20*time.Minute)
	delays := []time.Duration{time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 16 * time.Minute}
	return min(delays[random.IntN(len(delays))], longest)
}
