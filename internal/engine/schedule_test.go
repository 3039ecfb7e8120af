package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
)

// shuffled is a driver that takes what has returned in the order of a seed.
type shuffled struct {
	inOrder
	random *rand.Rand
}

func (d shuffled) Choose(returned []int64) (int, bool) {
	if len(returned) == 0 {
		return -1, false
	}
	return d.random.IntN(len(returned)), false
}

// busyMachine has branches, both kinds of Maps, retries, a timeout, and a result
// writer.
const busyMachine = `{"QueryLanguage":"JSONata","StartAt":"All","States":{"All":{"Type":"Parallel","End":true,"Branches":[
	{"StartAt":"Each","States":{"Each":{"Type":"Map","Items":[1,2,3],"MaxConcurrency":2,"End":true,"ItemProcessor":{"StartAt":"Work","States":{
		"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":9,"JitterStrategy":"FULL"}],"End":true}}}}}},
	{"StartAt":"Slow","States":{"Slow":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Late"}],"End":true},
		"Late":{"Type":"Pass","End":true}}},
	{"StartAt":"Map","States":{"Map":{"Type":"Map","Items":[1,2,3,4,5],"MaxConcurrency":2,"ToleratedFailurePercentage":100,"End":true,
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"b","Prefix":"p"}},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Child","States":{
		"Child":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}]}}}`

// histories runs two executions of the busy machine, as the steps say, and returns
// their histories.
func histories(t *testing.T, seed uint64, steps func(s *engine.Session, arns []string)) string {
	var text strings.Builder
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		work := engine.IntegrationFunc(func(ctx context.Context, r *engine.Request) (any, error) {
			switch n := (uint64(r.Number) + seed) % 5; {
			case r.StateName == "Slow":
				select {
				case <-ctx.Done():
				case <-time.After(time.Duration(n) * time.Second):
				}
			case n == 0:
				return nil, &engine.TaskError{Name: "Busy"}
			case n == 1:
				time.Sleep(time.Second)
			}
			return r.Parameters, nil
		})
		s := open(t, busyMachine, engine.WithIntegration(lambda, work), engine.WithSeed(seed), engine.WithObjects(&objectstest.Memory{}),
			engine.WithClock(engine.DrivenClock(shuffled{random: rand.New(rand.NewPCG(seed, 0))})),
			engine.WithHistory(func(e event.Event) {
				_, details := e.Details()
				line, err := json.Marshal(details)
				if err != nil {
					t.Error(err)
				}
				fmt.Fprintf(&text, "%v %s %d %d %s %s\n", e.Time.Sub(began), e.ExecutionARN, e.ID, e.PreviousID, e.Type, line)
			}))
		defer s.Close()
		arns := []string{begin(t, s, "one", "{}"), begin(t, s, "two", "{}")}
		steps(s, arns)
		for _, arn := range arns {
			if x, _ := s.Result(arn); x.Status != engine.Succeeded {
				t.Errorf("seed %d: got %s %s %s, expected success", seed, x.Status, x.Error, x.Cause)
			}
		}
	})
	return text.String()
}

func TestLookingAtASessionDoesNotChangeIt(t *testing.T) {
	distinct := map[string]bool{}
	const seeds = 200
	for seed := range uint64(seeds) {
		whole := histories(t, seed, func(s *engine.Session, _ []string) { s.Run(time.Time{}) })
		looked := histories(t, seed, func(s *engine.Session, arns []string) {
			for end := loop.Reached; end == loop.Reached; {
				s.Run(time.Now())
				places, _ := s.Places(arns[0])
				if more, _ := s.Places(arns[1]); len(places)+len(more) == 0 {
					break
				}
				s.Run(time.Now().Add(300 * time.Millisecond))
			}
		})
		if whole != looked {
			t.Fatalf("seed %d: got\n%s\nwith looks in between, expected\n%s", seed, looked, whole)
		}
		distinct[whole] = true
	}
	if len(distinct) != seeds {
		t.Errorf("got %d histories of %d seeds, expected all to differ", len(distinct), seeds)
	}
}

func TestTheEndOfTheContextStopsASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.New(parse(t, waits), engine.WithClock(engine.DrivenClock(inOrder{})), engine.WithStateMachineARN(waiterARN))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		s := e.Open(ctx)
		arn := begin(t, s, "one", "60")
		s.Run(time.Now())
		cancel(&engine.TaskError{Name: "Enough", Cause: "of it"})
		s.Run(time.Now())
		if got := status(t, s, arn); got != "ABORTED Enough" {
			t.Errorf("got %s, expected ABORTED Enough", got)
		}
	})
}

func TestAnEngineWithoutAStateMachineRunsNone(t *testing.T) {
	e, err := engine.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), []byte("{}")); err == nil || !strings.Contains(err.Error(), "no state machine of its own") {
		t.Errorf("got %v, expected that there is no state machine to run", err)
	}
}
