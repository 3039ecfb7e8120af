package figure

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSidesAlternateAndTheMedianCounts(t *testing.T) {
	var turns []string
	side := func(name string, values ...float64) Side {
		return func() (float64, error) {
			turns = append(turns, name)
			v := values[0]
			values = values[1:]
			return v, nil
		}
	}
	closed := false
	f := Figure{Name: "engine/speed", Unit: "items/s", Begin: func(w *Workplace) (Sides, error) {
		w.OnClose(func() error { closed = true; return nil })
		return Sides{side("ours", 30, 900, 20), side("peer", 4, 1, 5)}, nil
	}}
	r, err := f.Measure(3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ours", "peer", "ours", "peer", "ours", "peer"}, turns); diff != "" {
		t.Errorf("turns (-expected +got):\n%s", diff)
	}
	if !closed {
		t.Error("the workplace is still open, expected it closed")
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"name":"engine/speed","value":30,"unit":"items/s","peer":4,"ratio":7.5}`; string(text) != want {
		t.Errorf("got %s, expected %s", text, want)
	}
}

func TestNamesSelectFiguresAndGroups(t *testing.T) {
	list := []Figure{{Name: "engine/a"}, {Name: "kit/b"}, {Name: "kit/c"}}
	for names, want := range map[string]string{
		"":             "engine/a kit/b kit/c",
		"kit":          "kit/b kit/c",
		"kit/c":        "kit/c",
		"kit/b kit":    "kit/b kit/c",
		"kit/b engine": "engine/a kit/b",
	} {
		selected, err := Named(list, strings.Fields(names))
		if err != nil {
			t.Errorf("%q: %v", names, err)
		}
		var got []string
		for _, f := range selected {
			got = append(got, f.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, expected %s", names, got, want)
		}
	}
	for _, names := range []string{"kit/d", "kit/b ki", "b"} {
		if selected, err := Named(list, strings.Fields(names)); err == nil || !strings.Contains(err.Error(), "engine/a, kit/b, kit/c") {
			t.Errorf("%q: got %v and error %v, expected an error that lists the figures", names, selected, err)
		}
	}
}

func TestAnErrorOfASideEndsTheFigure(t *testing.T) {
	broken := errors.New("broken")
	f := Figure{Begin: func(*Workplace) (Sides, error) {
		return Sides{Always(1), func() (float64, error) { return 0, broken }}, nil
	}}
	if _, err := f.Measure(1); !errors.Is(err, broken) {
		t.Errorf("got error %v, expected %v", err, broken)
	}
	f.Begin = func(*Workplace) (Sides, error) { return Sides{Always(1), Always(0)}, nil }
	if _, err := f.Measure(1); err == nil {
		t.Error("got no error from a peer that does nothing, expected one")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{7}, 7}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 100}, 3.5}} {
		if got := Median(c.values); got != c.want {
			t.Errorf("got %v as the median of %v, expected %v", got, c.values, c.want)
		}
	}
}

func TestTheTableShowsMissedTargets(t *testing.T) {
	speed := Figure{Unit: "items/s", Peer: "another", Value: AtLeast(100_000), Ratio: AtLeast(10)}
	memory := Figure{Unit: "MB", Peer: "the limit", Ratio: AtMost(1)}
	var text strings.Builder
	err := WriteTable(&text, []Result{
		{Name: "fast", Value: 1234567, Unit: "items/s", Peer: 98765, Ratio: 12.5, figure: speed},
		{Name: "slow", Value: 99_999, Unit: "items/s", Peer: 1000, Ratio: 99.9, figure: speed},
		{Name: "near", Value: 200_000, Unit: "items/s", Peer: 21_000, Ratio: 9.52, figure: speed},
		{Name: "small", Value: 18.6, Unit: "MB", Peer: 200, Ratio: 0.093, figure: memory},
		{Name: "large", Value: 201, Unit: "MB", Peer: 200, Ratio: 1.005, figure: memory},
		{Name: "free", Value: 1, Unit: "ns", Peer: 2, Ratio: 0.5, figure: Figure{Unit: "ns", Peer: "another"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimPrefix(`
NAME   VALUE              PEER    RATIO  TARGET                             REACHED  PEER IS
fast   1,234,567 items/s  98,765  12.5   >= 100,000 items/s, ratio >= 10.0  yes      another
slow   99,999 items/s     1,000   99.9   >= 100,000 items/s, ratio >= 10.0  NO       another
near   200,000 items/s    21,000  9.52   >= 100,000 items/s, ratio >= 10.0  NO       another
small  18.6 MB            200     0.09   ratio <= 1.00                      yes      the limit
large  201 MB             200     1.00   ratio <= 1.00                      NO       the limit
free   1.00 ns            2.00    0.50                                      -        another
`, "\n")
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("table (-expected +got):\n%s", diff)
	}
}
