package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/internal/simulation/schedule"
)

func idle() bool { return false }

// choose lets things go on until nothing is left, and returns whether there was a
// choice of one of the returned calls.
func choose(s *schedule.Scheduler) {
	for {
		s.Settle()
		if _, acted := s.Choose(nil); !acted {
			return
		}
	}
}

// Goroutines that arrive at once go on in the order of their keys, later ones after
// them, and never two at the same time.
func TestWithoutASeedThingsGoOnInTheOrderInWhichTheyCame(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			s := schedule.New(0, idle)
			var order []string
			start := func(name string, key schedule.Key) {
				go func() {
					if err := s.Park(t.Context(), key); err != nil {
						t.Error(err)
					}
					order = append(order, name)
				}()
			}
			text := func(text string) func() string { return func() string { return text } }
			start("put b", schedule.Key{Caller: 2, Call: "s3:PutObject", What: text("b")})
			start("put a", schedule.Key{Caller: 2, Call: "s3:PutObject", What: text("a")})
			start("get", schedule.Key{Caller: 2, Call: "s3:GetObject", What: text("z")})
			start("first", schedule.Key{Caller: 1, Call: "z"})
			s.Settle()
			if at, acted := s.Choose(nil); at != -1 || !acted {
				t.Errorf("got %d, %v, expected that a request goes on", at, acted)
			}
			start("later", schedule.Key{})
			choose(s)
			if expected := []string{"first", "get", "put a", "put b", "later"}; !slices.Equal(order, expected) {
				t.Errorf("got %v, expected %v", order, expected)
			}
		})
	}
}

func TestASeedChoosesAmongCallsAndRequests(t *testing.T) {
	orders := map[string]uint64{}
	hashes := map[uint64]bool{}
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			s := schedule.New(seed+1, idle)
			var order strings.Builder
			for i := range int64(3) {
				go func() {
					if s.Park(t.Context(), schedule.Key{Caller: i}) == nil {
						fmt.Fprint(&order, i)
					}
				}()
			}
			returned := []int64{7, 9}
			for {
				s.Settle()
				at, acted := s.Choose(returned)
				if at >= 0 {
					fmt.Fprint(&order, returned[at])
					returned = slices.Delete(returned, at, at+1)
				} else if !acted {
					break
				}
			}
			if order.Len() != 5 {
				t.Errorf("got %s, expected each to go on once", &order)
			}
			if hash, seen := orders[order.String()]; seen && hash != s.Choices() {
				t.Errorf("got the hashes %x and %x for the order %s", hash, s.Choices(), &order)
			}
			orders[order.String()] = s.Choices()
			hashes[s.Choices()] = true
		})
	}
	if len(orders) < 80 || len(hashes) != len(orders) {
		t.Errorf("got %d orders with %d hashes, expected most of 120, each with its own", len(orders), len(hashes))
	}
}

func TestAParkedGoroutineLeavesWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule.New(0, idle)
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("cut off")
		ended := make(chan error, 2)
		go func() { ended <- s.Park(ctx, schedule.Key{}) }()
		s.Settle()
		select {
		case <-s.Wake():
		default:
			t.Error("got no wake, expected one for a goroutine that is parked")
		}
		cancel(why)
		ended <- s.Park(ctx, schedule.Key{})
		for range 2 {
			if err := <-ended; !errors.Is(err, why) {
				t.Errorf("got %v, expected %v", err, why)
			}
		}
		if _, acted := s.Choose(nil); acted {
			t.Error("got something that goes on, expected nothing")
		}
	})
}

func TestActsComeBeforeAnythingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule.New(1, func() bool { return true })
		var order []string
		go func() {
			_ = s.Park(t.Context(), schedule.Key{})
			order = append(order, "request")
		}()
		s.Act(func() { order = append(order, "act") })
		choose(s)
		if !slices.Equal(order, []string{"act", "request"}) || !s.Busy() {
			t.Errorf("got %v and busy %v, expected the act before the request", order, s.Busy())
		}
	})
}

// Two runs in which other callers go on differ, though they choose alike.
func TestTheHashKnowsWhoGoesOn(t *testing.T) {
	var hashes []uint64
	for _, callers := range [][]int64{{1, 2}, {1, 3}, {1, 2}} {
		synctest.Test(t, func(t *testing.T) {
			s := schedule.New(0, idle)
			for _, caller := range callers {
				go func() { _ = s.Park(t.Context(), schedule.Key{Caller: caller, Call: "s3:PutObject"}) }()
			}
			choose(s)
			hashes = append(hashes, s.Choices())
		})
	}
	if hashes[0] == hashes[1] || hashes[0] != hashes[2] {
		t.Errorf("got the hashes %x, expected that of the second alone to differ", hashes)
	}
}
