package planning

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
)

// generator makes definitions of random states around one Map.
type generator struct {
	random *rand.Rand
	states int
	// express is set while the states are those of an Express execution.
	express bool
}

type object = map[string]any

// generate returns a definition with one Map over the items of the workload.
func generate(t testing.TB, seed uint64) *definition {
	t.Helper()
	g := &generator{random: rand.New(rand.NewPCG(seed, 77))}
	flow := g.flow(3, g.distributedOrInline)
	flow["QueryLanguage"] = "JSONata"
	text, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	d := &definition{name: fmt.Sprintf("generated %d", seed), text: string(text)}
	if d.machine, err = asl.Parse(text); err != nil {
		t.Fatalf("%s: %v\n%s", d.name, err, pretty(flow))
	}
	return d
}

// flow returns states in a row. If there is a middle, it is among them.
func (g *generator) flow(depth int, middle func() object) object {
	var row []object
	for range 1 + g.random.IntN(3) {
		row = append(row, g.state(depth))
	}
	if middle != nil {
		row = append(row, middle())
		for range g.random.IntN(3) {
			row = append(row, g.state(depth))
		}
	}
	states, names := object{}, []string{}
	for range row {
		g.states++
		names = append(names, fmt.Sprintf("S%d", g.states))
	}
	for i, s := range row {
		last := i == len(row)-1
		switch next := any(nil); {
		case s["Type"] == "Choice" && last:
			s["Default"] = names[i] + "Done"
			states[names[i]+"Done"] = object{"Type": "Succeed"}
			next = s["Default"]
			fallthrough
		case s["Type"] == "Choice":
			if next == nil {
				next = names[i+1]
			}
			other := names[i] + "Other"
			states[other] = object{"Type": "Fail", "Error": "Wrong"}
			// The first rule does not hold, and what would follow fails.
			s["Choices"] = []object{{"Condition": "{% 1 = 2 %}", "Next": other}, {"Condition": "{% 1 = 1 %}", "Next": next}}
			s["Default"] = other
		case last:
			s["End"] = true
		default:
			s["Next"] = names[i+1]
		}
		states[names[i]] = s
	}
	return object{"StartAt": names[0], "States": states}
}

// state returns a state that passes its input on.
func (g *generator) state(depth int) object {
	switch n := g.random.IntN(7); {
	case n == 0:
		return object{"Type": "Pass"}
	case n == 1:
		return object{"Type": "Choice"}
	case n == 2:
		return object{"Type": "Wait", "Seconds": 1 + g.random.IntN(3)}
	case n == 3 && depth > 0:
		var branches []object
		for range 1 + g.random.IntN(3) {
			branches = append(branches, g.flow(depth-1, nil))
		}
		return object{"Type": "Parallel", "Branches": branches, "Output": "{% $states.input %}"}
	case n == 4:
		return object{"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sns:publish",
			"Arguments": object{"TopicArn": "arn:aws:sns:us-east-1:123456789012:topic", "Message": "m"}, "Output": "{% $states.input %}"}
	}
	if !g.express && g.random.IntN(2) == 0 {
		return object{"Type": "Task", "Resource": "arn:aws:states:::codebuild:startBuild.sync", "Arguments": object{"ProjectName": "p"}, "Output": "{% $states.input %}"}
	}
	return g.invoke("Other")
}

// invoke returns a Task that invokes a function.
func (g *generator) invoke(function string) object {
	return object{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Output": "{% $states.input %}",
		"Arguments": object{"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:" + function, "Payload": "{% $states.input %}"}}
}

func (g *generator) distributedOrInline() object {
	worker := func() object {
		w := g.invoke("Worker")
		w["Retry"] = []object{{"ErrorEquals": []string{"States.ALL"}, "MaxAttempts": g.random.IntN(2), "IntervalSeconds": 1}}
		return w
	}
	inline := g.random.IntN(3) == 0
	g.express = !inline && g.random.IntN(2) == 0
	defer func() { g.express = false }()
	processor := g.flow(1, func() object {
		w := worker()
		if inline || g.random.IntN(4) > 0 { // an iteration that fails would fail the execution
			w["Catch"] = []object{{"ErrorEquals": []string{"States.ALL"}, "Next": "Caught"}}
		}
		return w
	})
	states := processor["States"].(object)
	if strings.Contains(pretty(states), `"Caught"`) {
		states["Caught"], states["Logged"] = object{"Type": "Pass", "Next": "Logged"}, g.invoke("Other")
		states["Logged"].(object)["End"] = true
		if !inline && (!g.express || g.random.IntN(2) == 0) {
			states["Logged"] = object{"Type": "Fail", "Error": "Gone"}
		}
	}
	if inline {
		processor["ProcessorConfig"] = object{"Mode": "INLINE"}
		return object{"Type": "Map", "Items": "{% $states.input.items %}", "ItemProcessor": processor,
			"ItemSelector": object{"BatchInput": object{}, "Items": []object{{"index": "{% $states.context.Map.Item.Index %}", "item": "{% $states.context.Map.Item.Value %}"}}}}
	}
	kind := "STANDARD"
	if g.express {
		kind = "EXPRESS"
	}
	processor["ProcessorConfig"] = object{"Mode": "DISTRIBUTED", "ExecutionType": kind}
	return object{"Type": "Map", "Label": "Map", "ItemProcessor": processor, "ToleratedFailurePercentage": 100,
		"ItemSelector": object{"index": "{% $states.context.Map.Item.Index %}", "item": "{% $states.context.Map.Item.Value %}"},
		"ItemReader": object{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": object{"InputType": "JSONL"},
			"Arguments": object{"Bucket": bucket, "Key": "items.jsonl"}},
		"ItemBatcher":  object{"MaxItemsPerBatch": 1 + g.random.IntN(200), "MaxInputBytesPerBatch": 50_000},
		"ResultWriter": object{"Resource": "arn:aws:states:::s3:putObject", "Arguments": object{"Bucket": bucket, "Prefix": "results"}},
		"Output":       "{% $states.input %}",
	}
}
