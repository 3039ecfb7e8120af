package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

// inlineMap is an inline Map over one Lambda task. The peer runs it as well.
const inlineMap = `{"StartAt":"Map","States":{"Map":{"Type":"Map","MaxConcurrency":16,"End":true,
	"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"Work","States":{
		"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:work","End":true}}}}}}`

// anyFunction is the resource of every task that is a Lambda function.
const anyFunction = "arn:aws:lambda:*"

// inlineInProcess runs the inline Map with a handler in this process that does
// nothing. The peer is fastest with 50,000 items.
func inlineInProcess(w *workplace) (sides, error) {
	const n = 50_000
	peer, err := w.startNode("stepfunctions.mjs", inlineMap, strconv.Itoa(n))
	if err != nil {
		return sides{}, err
	}
	// The peer's first runs are slow, until its code is compiled.
	for range 2 {
		if _, err := peer.measure(); err != nil {
			return sides{}, err
		}
	}
	m, err := newMachine(inlineMap, engine.WithIntegration(anyFunction, echo))
	if err != nil {
		return sides{}, err
	}
	input := numbers(n)
	return sides{
		ours: func() (float64, error) { return perSecond(n, func() error { return m.run(input) }) },
		peer: peer.measure,
	}, nil
}

// inlineCost compares one Map of a million items with a hundred of 10,000.
func inlineCost(*workplace) (sides, error) {
	m, err := newMachine(inlineMap, engine.WithIntegration(anyFunction, echo))
	if err != nil {
		return sides{}, err
	}
	few, many := numbers(10_000), numbers(1_000_000)
	return sides{
		ours: func() (float64, error) { return perItem(1_000_000, func() error { return m.run(many) }) },
		peer: func() (float64, error) {
			return perItem(1_000_000, func() error { return times(100, func() error { return m.run(few) }) })
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
	text := []byte{'['}
	for i := range n {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, number(i)...)
	}
	return append(text, ']')
}

func number(i int) []byte { return fmt.Appendf(nil, `{"id":%d}`, i) }

func times(n int, work func() error) error {
	for range n {
		if err := work(); err != nil {
			return err
		}
	}
	return nil
}

// perSecond returns how many of its n items work handles in a second.
func perSecond(n int, work func() error) (float64, error) {
	start := time.Now()
	err := work()
	return float64(n) / time.Since(start).Seconds(), err
}

// perItem returns how many nanoseconds work takes for each of its n items.
func perItem(n int, work func() error) (float64, error) {
	start := time.Now()
	err := work()
	return float64(time.Since(start)) / float64(n), err
}
