package pages_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/mapjob/mapjob/internal/pages"
)

type page struct{ token *string }

// endpoint answers with tokens: so many that differ, and then a cycle of some length;
// 0: the last page.
type endpoint struct {
	before, cycle int
	n             int
	done          bool
	err           error
}

func (e *endpoint) HasMorePages() bool { return !e.done }

func (e *endpoint) NextPage(context.Context, ...func(*struct{})) (*page, error) {
	e.n++
	token := strconv.Itoa(e.n)
	switch {
	case e.n > e.before && e.cycle > 0:
		token = "c" + strconv.Itoa((e.n-e.before)%e.cycle)
	case e.n > e.before:
		e.done = true
		return &page{}, e.err
	}
	return &page{&token}, nil
}

func all(t *testing.T, e *endpoint) (n int, err error) {
	t.Helper()
	for _, err := range pages.Of(t.Context(), e, func(p *page) *string { return p.token }) {
		if err != nil {
			return n, err
		}
		if n++; n > 1_000_000 {
			t.Fatalf("%+v: got a million pages, expected an end", *e)
		}
	}
	return n, nil
}

func TestTokensThatRepeatAreFound(t *testing.T) {
	for before := range 40 {
		for cycle := 1; cycle < 40; cycle++ {
			n, err := all(t, &endpoint{before: before, cycle: cycle})
			repeated, ok := errors.AsType[*pages.RepeatedError](err)
			if !ok || repeated.After != cycle || n > 4*(before+cycle) {
				t.Errorf("%d tokens and then a cycle of %d: got %d pages and %v, expected the cycle after a few rounds", before, cycle, n, err)
			}
		}
	}
}

func TestPagesEnd(t *testing.T) {
	for _, before := range []int{0, 1, 2, 1000} {
		if n, err := all(t, &endpoint{before: before}); n != before+1 || err != nil {
			t.Errorf("got %d pages and %v, expected %d", n, err, before+1)
		}
	}
	refused := errors.New("refused")
	if n, err := all(t, &endpoint{before: 3, err: refused}); n != 3 || !errors.Is(err, refused) {
		t.Errorf("got %d pages and %v, expected 3 and the error", n, err)
	}
	for range pages.Of(t.Context(), &endpoint{before: 1, cycle: 1}, func(p *page) *string { return p.token }) {
		break // a reader may stop
	}
}
