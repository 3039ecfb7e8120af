package planning

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/simulate"
	"github.com/mapjob/mapjob/internal/price"
)

// boundless returns a book without limits on rates, and without cold starts.
func boundless(t *testing.T) *price.Book {
	t.Helper()
	file := filepath.Join(t.TempDir(), "boundless.json")
	text := `{"version": 1, "regions": {"us-east-1": {}}, "assumptions": {"cold-start-seconds": {"value": 1e-9, "unit": "seconds", "source": "assumption: of a test", "date": "2026-11-01"}}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := price.Read("us-east-1", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, quota := range []string{"states.starts.standard", "states.starts.express", "states.transitions", "states.transitions.burst", "lambda.concurrency", "lambda.ramp", "lambda.ramp.burst"} {
		if b, err = b.With(quota, 1e7); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// TestSimulationTakesAsLongAsTheEngine runs jobs in the engine, in virtual time, whose
// retries have no jitter, and simulates them without limits on rates, which the engine
// does not have: batches, rounds, crashes and retries take the same time.
func TestSimulationTakesAsLongAsTheEngine(t *testing.T) {
	book := boundless(t)
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 5))
		name := []string{"minimal", "given-buckets", "everything", "one-at-a-time", "invoicing", "inline-minimal", "inline", "by-reference"}[seed%8]
		s := &scenario{seed: seed, chunk: 1 + random.IntN(300), workload: plan.Workload{
			Items: 1 + random.IntN(1500), ItemBytes: 2 + random.IntN(40), Time: plan.Exactly(time.Duration(1+random.IntN(600)) * time.Millisecond),
			Seed: seed, Seeded: true,
		}}
		if strings.HasPrefix(name, "inline") {
			s.workload.Items = 1 + random.IntN(300)
		}
		if name != "by-reference" { // where a retry goes on depends on what was stored
			s.workload.Crashed = 0.2 * random.Float64()
		}
		s.definition = read(t, file(name), func(text string) string {
			return strings.ReplaceAll(s.rewrite(random, text), `"JitterStrategy": "FULL",`, "")
		})
		var began, ended time.Time
		w := &world{workload: s.workload, chunk: s.chunk}
		x := w.run(t, s.definition, engine.WithHistory(func(e event.Event) {
			switch {
			case e.Type == event.MapStateEntered && e.Data.Name == "Map":
				began = e.Time
			case e.Type == event.MapStateExited && e.Data.Name == "Map":
				ended = e.Time
			}
		}))
		if x.Status != engine.Succeeded {
			t.Fatalf("%s: got %s %s %s, expected it to succeed", s, x.Status, x.Error, x.Cause)
		}
		shape, setup := s.planned(t)
		r, err := simulate.Run(context.Background(), simulate.Options{Workload: s.workload, Setup: setup, Shape: shape, Book: book})
		if err != nil {
			t.Fatal(err)
		}
		took := plan.Duration(s.workload, setup, shape, book)
		got, expected := r.Seconds-took.Before-took.After, ended.Sub(began).Seconds()
		if math.Abs(got-expected) > 0.001 {
			t.Errorf("%s, %s: got %.3f s simulated, expected %.3f as in the engine", s, fmt.Sprint(s.workload.Time.Mean()), got, expected)
		}
	}
}
