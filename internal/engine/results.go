package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// collector takes the results of a Map Run's children: into the output, or
// into the files of a ResultWriter.
type collector interface {
	begin(*mapRun)
	add(*mapRun, *child)
	// end calls done with the result of the state, or why it could not be
	// stored.
	end(m *mapRun, done func(result any, f *failure))
	discard()
	written() int
	manifest() (bucket, key string)
}

// collector is made from the state's ResultWriter.
func (v *visit) collector() (collector, error) {
	w := v.state.Map.ResultWriter
	if w == nil {
		return &gathered{transformation: "COMPACT"}, nil
	}
	if w.Resource.ARN == "" {
		return &gathered{transformation: w.Transformation}, nil
	}
	x, err := w.Arguments.Evaluate(v.scope())
	if err != nil {
		return nil, err
	}
	arguments, _ := x.(*value.Object)
	bucket := stringMember(arguments, "Bucket")
	if bucket == "" {
		return nil, &expression.Error{Name: errRuntime, Message: fmt.Sprintf("The ResultWriter's arguments name no Bucket: %s", value.Text(x))}
	}
	return newResultFiles(v.ctx, v.loop, v.objects, w, bucket, stringMember(arguments, "Prefix")), nil
}

// gathered keeps the results in memory, in the order of the children.
type gathered struct {
	transformation string
	results        []any
	there          []bool
}

func (g *gathered) begin(*mapRun) {}

func (g *gathered) add(m *mapRun, c *child) {
	if c.status != Succeeded && g.transformation != "NONE" {
		return
	}
	for len(g.results) <= c.index {
		g.results = append(g.results, nil)
		g.there = append(g.there, false)
	}
	g.there[c.index] = true
	if g.transformation == "NONE" {
		g.results[c.index] = describeChild(c)
	} else {
		g.results[c.index] = c.output
	}
}

func (g *gathered) end(m *mapRun, done func(any, *failure)) {
	list := make([]any, 0, len(g.results))
	for i, result := range g.results {
		if !g.there[i] {
			continue
		}
		if array, ok := result.([]any); ok && g.transformation == "FLATTEN" {
			list = append(list, array...)
		} else {
			list = append(list, result)
		}
	}
	done(list, nil)
}

func (g *gathered) discard()                       {}
func (g *gathered) written() int                   { return 0 }
func (g *gathered) manifest() (bucket, key string) { return "", "" }

// describeChild is a child in a result file without transformation.
func describeChild(c *child) *value.Object {
	included := value.NewObject("Included", true)
	d := value.WithCapacity(14)
	if c.status != Succeeded && c.execution.failure != nil {
		if c.execution.failure.cause != "" {
			d.Set("Cause", c.execution.failure.cause)
		}
		if c.execution.failure.name != "" {
			d.Set("Error", c.execution.failure.name)
		}
	}
	d.Set("ExecutionArn", c.arn)
	d.Set("Input", value.Text(c.input))
	d.Set("InputDetails", included)
	d.Set("Name", c.name)
	if c.status == Succeeded {
		d.Set("Output", value.Text(c.output))
		d.Set("OutputDetails", included)
	}
	d.Set("RedriveCount", 0.0)
	switch {
	case c.status == Succeeded:
		d.Set("RedriveStatus", "NOT_REDRIVABLE")
		d.Set("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven")
	case c.status == Aborted && c.startTime.IsZero():
	default:
		d.Set("RedriveStatus", "REDRIVABLE_BY_MAP_RUN")
	}
	d.Set("StartDate", timestamp(c.startTime))
	d.Set("StateMachineArn", c.machineARN)
	d.Set("Status", c.status)
	d.Set("StopDate", timestamp(c.stopTime))
	return d
}
