package engine_test

import (
	"context"
	"fmt"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// A function that takes an hour, under a timeout of a minute: with the virtual
// clock the run takes no time at all.
func ExampleEngine_Run() {
	machine, err := asl.Parse([]byte(`{
		"QueryLanguage": "JSONata",
		"StartAt": "Work",
		"States": {
			"Work": {
				"Type": "Task",
				"Resource": "arn:aws:states:::lambda:invoke",
				"Arguments": {"FunctionName": "worker", "Payload": "{% $states.input.order %}"},
				"TimeoutSeconds": 60,
				"Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
				"End": true
			},
			"Late": {"Type": "Pass", "Output": "too late", "End": true}
		}
	}`))
	if err != nil {
		panic(err)
	}
	start := time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)
	e, err := engine.New(machine,
		engine.WithClock(engine.VirtualClock(start)),
		engine.WithIntegration("arn:aws:states:::lambda:invoke", engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
			return engine.Answer{Output: r.Parameters, Takes: time.Hour}
		})))
	if err != nil {
		panic(err)
	}
	execution, err := e.Run(context.Background(), []byte(`{"order": 7}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(execution.Status, string(execution.Output), execution.Stop.Sub(execution.Start))
	// Output: SUCCEEDED "too late" 1m0s
}
