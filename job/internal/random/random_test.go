package random_test

import (
	"context"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/standin"
	"github.com/mapjob/mapjob/job/internal/random"
)

func TestTextsAndDurationsRepeatOnlyInATestRunWithASeed(t *testing.T) {
	t.Parallel()
	seeded := func(seed uint64) context.Context { return standin.WithRandom(t.Context(), seed) }
	for _, c := range []struct {
		name          string
		first, second context.Context
		label         string
		same          bool
	}{
		{"without a seed", t.Context(), t.Context(), "a", false},
		{"the same seed and label", seeded(1), seeded(1), "a", true},
		{"another label", seeded(1), seeded(1), "b", false},
		{"another seed", seeded(1), seeded(2), "a", false},
	} {
		first, second := random.Text(c.first, "a"), random.Text(c.second, c.label)
		if (first == second) != c.same || len(first) != 26 || len(second) != 26 {
			t.Errorf("%s: got the texts %s and %s, expected the same: %t", c.name, first, second, c.same)
		}
		const limit = time.Hour
		early, late := random.Below(c.first, limit, "a"), random.Below(c.second, limit, c.label)
		if (early == late) != c.same || early < 0 || early >= limit || late < 0 || late >= limit {
			t.Errorf("%s: got the durations %s and %s, expected the same below %s: %t", c.name, early, late, limit, c.same)
		}
	}
}
