package simulate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
)

func TestAgainstSaysWhyASimulationDiffers(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*job)
		expected string
	}{
		{"more children than environments", func(j *job) {
			j.Book = book(t, map[string]float64{"lambda.concurrency": 100})
		}, "but Lambda has 100 environments"},
		{"Lambda grows", func(j *job) {
			j.express()
			j.Book = book(t, map[string]float64{"lambda.concurrency": 3000})
			j.Setup.MaxConcurrency = 3000
		}, "while it grew to "},
		{"retries", func(j *job) {
			j.Workload.Crashed = 0.1
			j.Shape.Map.ToleratedPercentage = 100
		}, "retried calls waited "},
		{"no crashes", func(j *job) {
			j.Workload.Crashed = 1e-9
		}, "no invocation crashed, and the plan expects that some do"},
		{"times of items differ", func(j *job) {
			j.Workload.Time = plan.Of(slices.Values([]time.Duration{time.Second, time.Minute}))
		}, "items take up to 1m0s"},
		{"the Map stops", func(j *job) {
			j.Workload.Crashed = 0.9
		}, "the Map stopped when more items had failed than it tolerates"},
	} {
		j := newJob(t, 5000, 10*time.Second)
		c.change(j)
		r := j.run(t)
		within, why := r.Against(plan.Took{Seconds: r.Seconds * 2})
		if within || !strings.Contains(why, c.expected) {
			t.Errorf("%s: got %t, %q, expected %q", c.name, within, why, c.expected)
		}
		for _, share := range []float64{0.96, 1, 1.04} {
			if within, why := r.Against(plan.Took{Seconds: r.Seconds / share}); !within || why != "" {
				t.Errorf("%s, %g of the planned time: got %t, %q, expected it to be near", c.name, share, within, why)
			}
		}
	}
	r := newJob(t, 100, time.Second).run(t)
	if within, why := r.Against(plan.Took{Seconds: r.Seconds * 2}); within || why != "" {
		t.Errorf("nothing explains it: got %t, %q, expected no reason", within, why)
	}
}
