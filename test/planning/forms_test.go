package planning

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plan"
)

// stateMachines returns the definitions of a stack's state machines, by logical ID.
func stateMachines(t *testing.T, file string) map[string]*definition {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var stack struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				DefinitionString struct {
					Join []json.RawMessage `json:"Fn::Join"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &stack); err != nil {
		t.Fatal(err)
	}
	found := map[string]*definition{}
	for id, r := range stack.Resources {
		if r.Type != "AWS::StepFunctions::StateMachine" {
			continue
		}
		var parts []any
		if err := json.Unmarshal(r.Properties.DefinitionString.Join[1], &parts); err != nil {
			t.Fatal(err)
		}
		d := &definition{name: id}
		for _, part := range parts {
			switch part := part.(type) {
			case string:
				d.text += part
			case map[string]any:
				if ref, ok := part["Ref"].(string); ok {
					d.text += resolve("${" + ref + "}")
				} else {
					d.text += resolve("${" + part["Fn::GetAtt"].([]any)[0].(string) + ".Arn}")
				}
			}
		}
		if d.machine, err = asl.Parse([]byte(d.text)); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		found[id] = d
	}
	return found
}

// TestEveryFormIsPlannedUnderEveryOverlapPolicy compares the plan of each form of job,
// with each policy for executions that overlap, with what the engine counts.
func TestEveryFormIsPlannedUnderEveryOverlapPolicy(t *testing.T) {
	planned := 0
	for _, form := range []string{"value", "reference", "express", "inline", "callback", "processor"} {
		for id, d := range stateMachines(t, "../soak/forms/testdata/"+form+"_1.snap.json") {
			d.name = form + ", " + id
			random := rand.New(rand.NewPCG(uint64(len(d.name)), 30))
			s := &scenario{definition: d, workload: plan.Workload{
				Items: 1 + random.IntN(200), ItemBytes: 2 + random.IntN(100), Time: plan.Exactly(time.Millisecond), Crashed: 0.1, Seeded: true, Seed: random.Uint64(),
			}}
			shape, setup := s.planned(t)
			s.chunk = setup.Batch
			counted, x := s.count(t)
			if x.Status != engine.Succeeded {
				t.Errorf("%s: got %s %s %s, expected it to succeed", d.name, x.Status, x.Error, x.Cause)
				continue
			}
			if wrong := differences(ofPlan(plan.Count(s.workload, setup, shape)), ofEngine(counted)); len(wrong) > 0 {
				t.Errorf("%s:\n%s\n%s", s, strings.Join(wrong, "\n"), s.states(counted, shape))
			}
			planned++
		}
	}
	if planned != 30 {
		t.Errorf("got %d state machines, expected 30", planned)
	}
}
