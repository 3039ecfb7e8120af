package standin_test

import (
	"context"
	"testing"

	"github.com/mapjob/mapjob/internal/standin"
)

type client struct{ name string }

func TestOfFindsAValueByItsType(t *testing.T) {
	ctx := standin.With(t.Context(), &client{"of the test"})
	if c, ok := standin.Of[*client](ctx); !ok || c.name != "of the test" {
		t.Errorf("got %v, expected the client of the test", c)
	}
	if c, ok := standin.Of[client](ctx); ok {
		t.Errorf("got %v, expected none of another type", c)
	}
	if c, ok := standin.Of[*client](t.Context()); ok {
		t.Errorf("got %v, expected none without a test run", c)
	}
}

func TestRandomNumbersRepeat(t *testing.T) {
	number := func(ctx context.Context, labels ...string) uint64 {
		r, ok := standin.Random(ctx, labels...)
		if !ok {
			t.Fatal("got no generator")
		}
		return r.Uint64()
	}
	ctx := standin.WithRandom(t.Context(), 7, "Worker", "1")
	again := standin.WithRandom(t.Context(), 7, "Worker", "1")
	if a, b := number(ctx, "chunk", "3"), number(again, "chunk", "3"); a != b {
		t.Errorf("got %d and %d for the same seed and labels", a, b)
	}
	seen := map[uint64]string{}
	for name, n := range map[string]uint64{
		"a chunk":                 number(ctx, "chunk", "3"),
		"another chunk":           number(ctx, "chunk", "4"),
		"no label":                number(ctx),
		"labels cut elsewhere":    number(ctx, "chun", "k3"),
		"labels in another order": number(ctx, "3", "chunk"),
		"another seed":            number(standin.WithRandom(t.Context(), 8, "Worker", "1"), "chunk", "3"),
		"another invocation":      number(standin.WithRandom(t.Context(), 7, "Worker", "2"), "chunk", "3"),
	} {
		if other, ok := seen[n]; ok {
			t.Errorf("%s: got the number of %s", name, other)
		}
		seen[n] = name
	}
	if _, ok := standin.Random(t.Context(), "chunk"); ok {
		t.Error("got a generator without a seed")
	}
}
