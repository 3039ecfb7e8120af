// Package schedule lets one thing go on at a time, in an order that a seed chooses.
package schedule

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"

	"github.com/mapjob/mapjob/internal/goroutine"
)

// Scheduler is the driver of the executions' loop. Whenever everything is blocked,
// it lets one thing go on: a call that has returned, or a request that is parked.
type Scheduler struct {
	*goroutine.Pool // for tasks and handlers

	random *rand.Rand  // nil: in the order in which they came
	busy   func() bool // whether something goes on by itself

	mutex   sync.Mutex
	arrived []*parked // since the last choice
	parked  []*parked // in the order in which they came
	acts    []func()  // to be done on the loop's goroutine
	chosen  hash.Hash64
	wake    chan struct{} // holds one token if something may go on
}

// parked is a goroutine that waits until it may go on.
type parked struct {
	key Key
	let chan struct{} // closed if it may
}

// Key says what a parked goroutine is about to do. Goroutines that arrive between
// two choices are put into the order of their keys, because theirs would be up to Go.
type Key struct {
	Caller int64         // number of the task or the invocation
	Call   string        // such as s3:PutObject; "" of the task itself
	What   func() string // tells calls of one name apart; nil if they are alike
}

func (k *Key) compare(other *Key) int {
	if order := cmp.Or(cmp.Compare(k.Caller, other.Caller), cmp.Compare(k.Call, other.Call)); order != 0 || k.What == nil || other.What == nil {
		return order
	}
	return cmp.Compare(k.What(), other.What())
}

// New returns a scheduler. With the seed 0, things go on in the order in which they
// came. Busy reports whether something that is not parked goes on by itself. Close ends
// the goroutines of [Scheduler.Go].
func New(seed uint64, busy func() bool) *Scheduler {
	s := &Scheduler{Pool: goroutine.NewPool(), busy: busy, chosen: fnv.New64a(), wake: make(chan struct{}, 1)}
	if seed != 0 {
		s.random = rand.New(rand.NewPCG(seed, seed))
	}
	return s
}

// Park waits until the scheduler lets the caller go on. The error is the cause of
// ctx's end.
func (s *Scheduler) Park(ctx context.Context, k Key) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p := &parked{k, make(chan struct{})}
	s.mutex.Lock()
	s.arrived = append(s.arrived, p)
	s.mutex.Unlock()
	s.Rouse()
	select {
	case <-p.let:
		return nil
	case <-ctx.Done():
		s.mutex.Lock()
		defer s.mutex.Unlock()
		isThis := func(q *parked) bool { return q == p }
		s.arrived, s.parked = slices.DeleteFunc(s.arrived, isThis), slices.DeleteFunc(s.parked, isThis)
		return context.Cause(ctx)
	}
}

// Act does something on the loop's goroutine, before anything else goes on.
func (s *Scheduler) Act(do func()) {
	s.mutex.Lock()
	s.acts = append(s.acts, do)
	s.mutex.Unlock()
	s.Rouse()
}

// Rouse lets the loop look again whether something may go on.
func (s *Scheduler) Rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Settle implements [loop.Driver].
func (*Scheduler) Settle() { synctest.Wait() }

// Wake implements [loop.Driver].
func (s *Scheduler) Wake() <-chan struct{} { return s.wake }

// Busy implements [loop.Driver].
func (s *Scheduler) Busy() bool { return s.busy() }

// Choose implements [loop.Driver].
func (s *Scheduler) Choose(returned []int64) (at int, acted bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if acts := s.acts; len(acts) > 0 {
		s.acts = nil
		s.mutex.Unlock() // it may park something
		for _, do := range acts {
			do()
		}
		s.mutex.Lock()
		return -1, true
	}
	slices.SortStableFunc(s.arrived, func(a, b *parked) int { return a.key.compare(&b.key) })
	s.parked, s.arrived = append(s.parked, s.arrived...), nil
	choices := len(returned) + len(s.parked)
	if choices == 0 {
		return -1, false
	}
	at = 0
	if s.random != nil {
		at = s.random.IntN(choices)
	}
	s.note(choices, at)
	if at < len(returned) {
		return at, false
	}
	p := s.parked[at-len(returned)]
	s.parked = slices.Delete(s.parked, at-len(returned), at-len(returned)+1)
	s.note(int(p.key.Caller))
	_, _ = io.WriteString(s.chosen, p.key.Call)
	close(p.let)
	return -1, true
}

// note adds a choice to the hash of all choices.
func (s *Scheduler) note(numbers ...int) {
	var bytes [8]byte
	for _, n := range numbers {
		binary.BigEndian.PutUint64(bytes[:], uint64(n))
		_, _ = s.chosen.Write(bytes[:]) // never fails
	}
}

// Choices returns the hash of what was chosen.
func (s *Scheduler) Choices() uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.chosen.Sum64()
}
