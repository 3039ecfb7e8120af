package mapstate

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/function"
	"github.com/mapjob/mapjob/test/bench/peers"
)

// inlineMap is an inline Map over one Lambda task. The peer runs it as well.
const inlineMap = `{"StartAt":"Map","States":{"Map":{"Type":"Map","MaxConcurrency":16,"End":true,
	"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Work","States":{
		"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:work","End":true}}}}}}`

// anyFunction is the resource of every task that is a Lambda function.
const anyFunction = "arn:aws:lambda:*"

// inlineInProcess runs the inline Map with a handler in this process that does
// nothing. The peer is fastest with 50,000 items.
func inlineInProcess(w *figure.Workplace) (figure.Sides, error) {
	const n = 50_000
	peer, err := peers.Start(w, "stepfunctions.mjs", inlineMap, strconv.Itoa(n))
	if err != nil {
		return figure.Sides{}, err
	}
	// The peer's first runs are slow, until its code is compiled.
	for range 2 {
		if _, err := peer.Measure(); err != nil {
			return figure.Sides{}, err
		}
	}
	m, err := newMachine(inlineMap, engine.WithIntegration(anyFunction, echo))
	if err != nil {
		return figure.Sides{}, err
	}
	input := numbers(n)
	return figure.Sides{
		Ours: func() (float64, error) { return figure.PerSecond(n, func() error { return m.run(input) }) },
		Peer: peer.Measure,
	}, nil
}

// inlineCost compares one Map of a million items with a hundred of 10,000.
func inlineCost(*figure.Workplace) (figure.Sides, error) {
	m, err := newMachine(inlineMap, engine.WithIntegration(anyFunction, echo))
	if err != nil {
		return figure.Sides{}, err
	}
	few, many := numbers(10_000), numbers(1_000_000)
	return figure.Sides{
		Ours: func() (float64, error) { return figure.PerItem(1_000_000, func() error { return m.run(many) }) },
		Peer: func() (float64, error) {
			return figure.PerItem(1_000_000, func() error { return figure.Times(100, func() error { return m.run(few) }) })
		},
	}, nil
}

// echo answers with its parameters.
var echo = engine.ImmediateFunc(func(r *engine.Request) engine.Answer { return engine.Answer{Output: r.Parameters} })

// machine is a state machine whose executions must succeed.
type machine struct{ engine *engine.Engine }

func newMachine(definition string, options ...engine.Option) (machine, error) {
	parsed, err := asl.Parse([]byte(definition))
	if err != nil {
		return machine{}, err
	}
	// An input of a million items exceeds the payload limit of the service.
	e, err := engine.New(parsed, append(options, engine.WithLimits(engine.Limits{}))...)
	return machine{e}, err
}

func (m machine) run(input []byte) error {
	x, err := m.engine.Run(context.Background(), input)
	if err != nil {
		return err
	}
	if x.Status != engine.Succeeded {
		return fmt.Errorf("execution: got %s (%s: %s), expected %s", x.Status, x.Error, x.Cause, engine.Succeeded)
	}
	return nil
}

// numbers returns a JSON array of n small objects.
func numbers(n int) []byte {
	return append(append([]byte{'['}, bytes.Join(function.Payloads(n), []byte(","))...), ']')
}
