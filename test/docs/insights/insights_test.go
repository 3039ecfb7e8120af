package insights

import (
	"slices"
	"testing"
)

func TestQueries(t *testing.T) {
	q, err := Parse(`filter a = "x y" and (n >= 2 or m != 1)
  | stats count(*) as items, min(n) as least by error, a | sort items desc, least | fields @timestamp, b | limit 5`)
	if err != nil {
		t.Fatal(err)
	}
	if expected := []string{"a", "n", "m", "error", "b"}; !slices.Equal(q.Fields, expected) {
		t.Errorf("got the fields %q, expected %q", q.Fields, expected)
	}
	for _, c := range []struct {
		line     map[string]any
		expected bool
	}{
		{map[string]any{"a": "x y", "n": 2.0, "m": 1.0}, true},
		{map[string]any{"a": "x y", "n": 1.0, "m": 1.0}, false},
		{map[string]any{"a": "x y", "n": 1.0, "m": 3.0}, true},
		{map[string]any{"a": "x y"}, true}, // m is not 1
		{map[string]any{"a": "x", "n": 2.0}, false},
		{map[string]any{}, false},
	} {
		if got := q.Matches(c.line); got != c.expected {
			t.Errorf("got %t for %v, expected %t", got, c.line, c.expected)
		}
	}
}

func TestWrongQueries(t *testing.T) {
	for _, text := range []string{
		"", "filters a = 1", "filter", "filter a", "filter a == 1", `filter a = "x`, "filter a = x", "filter a = 1 and", "filter (a = 1", "filter a = 1 b",
		`filter a > "x"`, "fields", "fields a b", "fields a,", "fields @nothing", "stats count", "stats count(*", "stats median(a)", "stats sum(*)", "stats count(*) as by error",
		"stats count(*) by", "sort a up", "limit many", "limit 0", "filter a = 1 |", "filter a = 1 || limit 1", "fields 'a'",
	} {
		if q, err := Parse(text); err == nil {
			t.Errorf("%q: got the fields %q, expected an error", text, q.Fields)
		}
	}
}
