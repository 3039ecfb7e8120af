package loop_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/engine/loop"
)

func TestTimersRunInOrderOfTimeThenOfCreation(t *testing.T) {
	start := time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)
	l := loop.NewVirtual(start)
	var order []string
	add := func(name string, d time.Duration) *loop.Timer {
		return l.After(d, func() { order = append(order, name+" "+l.Now().Sub(start).String()) })
	}
	l.Do(func() {
		add("late", time.Hour)
		add("first", time.Minute)
		add("second", time.Minute)
		stopped := add("stopped", time.Second)
		l.Stop(stopped)
		l.Stop(stopped)
		l.Stop(nil)
		l.After(2*time.Hour, l.End)
	})
	l.Run(context.Background(), nil)
	if expected := []string{"first 1m0s", "second 1m0s", "late 1h0m0s"}; !slices.Equal(order, expected) {
		t.Errorf("got %q, expected %q", order, expected)
	}
}

func TestIdleStepsRunWhenNothingElseIsReady(t *testing.T) {
	l := loop.New()
	var order []int
	l.Do(func() {
		l.WhenIdle(func() { order = append(order, 3); l.End() })
		l.Do(func() {
			order = append(order, 1)
			l.Do(func() { order = append(order, 2) })
		})
	})
	l.Run(context.Background(), nil)
	if expected := []int{1, 2, 3}; !slices.Equal(order, expected) {
		t.Errorf("got the order %v, expected %v", order, expected)
	}
}

func TestVirtualTimeStandsStillWhileWorkBlocksAndItsStepsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 200
		start := time.Now()
		l := loop.NewVirtual(start)
		var order []int
		l.Do(func() {
			l.After(time.Millisecond, func() {
				if len(order) != calls {
					t.Errorf("got a timer after %d of %d calls, expected time to stand still until all returned", len(order), calls)
				}
				l.End()
			})
			for i := range calls {
				l.Block(func() func() {
					time.Sleep(time.Duration(rand.IntN(1000)) * time.Second)
					return func() { order = append(order, i) }
				})
			}
		})
		l.Run(context.Background(), nil)
		if !slices.IsSorted(order) {
			t.Errorf("got the order %v, expected that of the calls", order)
		}
	})
}

func TestRealTimeWaitsForTimersAndPostedSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		l := loop.New()
		var posted, timer time.Duration
		l.Do(func() {
			l.After(3*time.Second, func() { timer = time.Since(start); l.End() })
			go func() {
				time.Sleep(time.Second)
				l.Post(func() { posted = time.Since(start) })
			}()
		})
		l.Run(context.Background(), nil)
		if posted != time.Second || timer != 3*time.Second {
			t.Errorf("got the posted step after %v and the timer after %v, expected 1s and 3s", posted, timer)
		}
	})
}

func TestCancelledIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		l := loop.New()
		calls := 0
		l.Run(ctx, func() {
			calls++
			l.After(time.Second, l.End)
		})
		if calls != 1 {
			t.Errorf("got %d calls, expected 1", calls)
		}
	})
}

func TestADeadlineStrikesOnlyIfTimePasses(t *testing.T) {
	start := time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)
	l := loop.NewVirtual(start)
	var order []string
	l.After(time.Hour, func() { order = append(order, "timer") })
	l.Deadline(time.Hour, func() { order = append(order, "deadline") })
	l.Stop(l.Deadline(time.Minute, func() { order = append(order, "stopped") }))
	l.After(2*time.Hour, func() { order = append(order, "last"); l.End() })
	if end := l.Run(context.Background(), nil); end != loop.Ended || !slices.Equal(order, []string{"timer", "deadline", "last"}) {
		t.Errorf("got end %d after %q, expected the deadline between two timers", end, order)
	}
	l.Deadline(time.Minute, l.End)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if end := l.Run(ctx, l.End); end != loop.Ended || l.Now() != start.Add(2*time.Hour) {
		t.Errorf("got end %d at %s, expected no time to pass for a deadline alone", end, l.Now())
	}
}
