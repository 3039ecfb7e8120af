package agenda_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/agenda"
)

func TestEntriesComeByTimeAndThenByOrder(t *testing.T) {
	start := time.Unix(1700000000, 0)
	random := rand.New(rand.NewPCG(1, 2))
	var a agenda.Agenda[int]
	var expected []int
	ats := map[int]time.Time{}
	for i := range 500 {
		ats[i] = start.Add(time.Duration(random.IntN(50)) * time.Second)
		e := a.Add(i, ats[i], int64(i))
		if random.IntN(3) == 0 {
			a.Remove(e)
			a.Remove(e) // is left alone
		} else {
			expected = append(expected, i)
		}
	}
	a.Remove(nil)
	slices.SortFunc(expected, func(i, j int) int { return cmp.Or(ats[i].Compare(ats[j]), cmp.Compare(i, j)) })
	if got := slices.Sorted(a.Values()); a.Len() != len(expected) || !slices.Equal(got, slices.Sorted(slices.Values(expected))) {
		t.Errorf("got %d values %v, expected %v", a.Len(), got, expected)
	}

	var got []int
	for next, ok := a.Next(); ok; next, ok = a.Next() {
		if _, due := a.TakeDue(next.Add(-1)); due {
			t.Fatal("got a value before its time")
		}
		value, due := a.TakeDue(next)
		if !due {
			t.Fatalf("got nothing at %v, expected the value that is due", next)
		}
		got = append(got, value)
	}
	if _, due := a.TakeDue(start.Add(time.Hour)); due || !slices.Equal(got, expected) {
		t.Errorf("got %v, expected %v and nothing more", got, expected)
	}
}
