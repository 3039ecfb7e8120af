package loop_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/engine/loop"
)

// chooser is a driver that lets requests and returned calls go on at random.
type chooser struct {
	random *rand.Rand
	wake   chan struct{}
	chosen func(request string) // may be nil

	mutex  sync.Mutex
	parked map[string]chan struct{}
}

func newChooser(seed uint64) *chooser {
	return &chooser{random: rand.New(rand.NewPCG(seed, 1)), wake: make(chan struct{}, 1), parked: map[string]chan struct{}{}}
}

// park waits until the driver lets the request go on.
func (d *chooser) park(request string) {
	release := make(chan struct{})
	d.mutex.Lock()
	d.parked[request] = release
	d.mutex.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
	<-release
}

func (d *chooser) Go(work func())        { go work() }
func (d *chooser) Settle()               { synctest.Wait() }
func (d *chooser) Wake() <-chan struct{} { return d.wake }
func (d *chooser) Busy() bool            { return false }

func (d *chooser) Choose(returned []int64) (int, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(returned)+len(d.parked) == 0 {
		return -1, false
	}
	at := d.random.IntN(len(returned) + len(d.parked))
	if at < len(returned) {
		return at, false
	}
	requests := make([]string, 0, len(d.parked))
	for r := range d.parked {
		requests = append(requests, r)
	}
	slices.Sort(requests)
	request := requests[at-len(returned)]
	if d.chosen != nil {
		d.chosen(request)
	}
	close(d.parked[request])
	delete(d.parked, request)
	return -1, true
}

// calls are those of one schedule, and waves how often each is followed by
// another one.
const calls, waves = 4, 2

// schedule runs calls that make two requests and sleep in between, and timers
// and idle steps beside them. It returns what happened, in order.
func schedule(t *testing.T, seed uint64) (trace []string) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		d := newChooser(seed)
		l := loop.NewDriven(d)
		alone := 0 // steps that run at the same time
		step := func(name string) {
			if alone++; alone != 1 {
				t.Errorf("seed %d: %s runs during another step", seed, name)
			}
			trace = append(trace, fmt.Sprintf("%s %s", time.Since(start), name))
			alone--
		}
		d.chosen = step
		done := 0
		var call func(i, wave int)
		call = func(i, wave int) {
			name := fmt.Sprintf("%d.%d", i, wave)
			step("begin " + name)
			l.Block(func() func() {
				d.park("read " + name)
				time.Sleep(time.Duration(i%2) * time.Second)
				d.park("write " + name)
				l.Post(func() { step("posted " + name) })
				return func() {
					step("end " + name)
					if wave+1 < waves {
						l.WhenIdle(func() { call(i, wave+1) })
						return
					}
					l.Yield(func() { step("yielded " + name); done++ })
				}
			})
		}
		for i := range calls {
			l.Do(func() { call(i, 0) })
		}
		l.After(time.Second, func() { step("timer") })
		if end := l.RunUntil(context.Background(), nil, start); end != loop.Reached || time.Now() != start {
			t.Errorf("seed %d: got end %d after %v, expected that no time passes", seed, end, time.Since(start))
		}
		if end := l.Run(context.Background(), nil); end != loop.Blocked || done != calls {
			t.Errorf("seed %d: got end %d with %d of %d calls, expected all of them and nothing left", seed, end, done, calls)
		}
	})
	return trace
}

func TestEachOfTenThousandSchedulesRunsEverythingOnceAndRepeats(t *testing.T) {
	const seeds = 10_000
	distinct := map[string]bool{}
	var expected []string
	for seed := range uint64(seeds) {
		trace := schedule(t, seed)
		text := strings.Join(trace, "\n")
		if again := strings.Join(schedule(t, seed), "\n"); again != text {
			t.Fatalf("seed %d: two runs differ:\n%s\n\n%s", seed, text, again)
		}
		distinct[text] = true
		var last time.Duration
		what := make([]string, 0, len(trace))
		for _, line := range trace {
			at, name, _ := strings.Cut(line, " ")
			now, _ := time.ParseDuration(at)
			if now < last {
				t.Fatalf("seed %d: time goes back:\n%s", seed, text)
			}
			last = now
			what = append(what, name)
		}
		slices.Sort(what)
		if expected == nil {
			expected = what
		}
		if !slices.Equal(what, expected) {
			t.Fatalf("seed %d: got the steps\n%s\nexpected in another order\n%s", seed, strings.Join(what, "\n"), strings.Join(expected, "\n"))
		}
	}
	if n := calls*waves*5 + calls + 1; len(expected) != n {
		t.Errorf("got %d steps, expected %d", len(expected), n)
	}
	if len(distinct) < seeds*99/100 {
		t.Errorf("got %d different schedules of %d seeds, expected almost as many", len(distinct), seeds)
	}
}

// sleeper is a driver with work that no call waits for.
type sleeper struct {
	chooser
	until time.Time
}

func (d *sleeper) Busy() bool { return time.Now().Before(d.until) }

func TestADrivenLoopWaitsWhileItsDriverIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &sleeper{chooser: *newChooser(0), until: time.Now().Add(time.Hour)}
		l := loop.NewDriven(d)
		posted := false
		go func() {
			time.Sleep(time.Hour)
			l.Post(func() { posted = true })
		}()
		if end := l.Run(context.Background(), nil); end != loop.Blocked || !posted {
			t.Errorf("got end %d and posted %t, expected the step that was posted after an hour", end, posted)
		}
	})
}

func TestVirtualTimeStopsAtTheLimit(t *testing.T) {
	start := time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)
	l := loop.NewVirtual(start)
	var order []string
	l.After(time.Minute, func() { order = append(order, "due") })
	l.After(time.Minute+1, func() { order = append(order, "later"); l.End() })
	l.Block(func() func() { return func() { order = append(order, "call") } })
	if end := l.RunUntil(context.Background(), nil, start.Add(time.Minute)); end != loop.Reached || l.Now() != start.Add(time.Minute) {
		t.Errorf("got end %d at %v, expected the limit", end, l.Now())
	}
	if expected := []string{"call", "due"}; !slices.Equal(order, expected) {
		t.Errorf("got %q, expected %q", order, expected)
	}
	if end := l.Run(context.Background(), nil); end != loop.Ended || len(order) != 3 {
		t.Errorf("got end %d after %q, expected the last timer to end it", end, order)
	}
}
