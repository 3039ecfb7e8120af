// Package mapresults collects the results of a Map Run's children: in memory, or
// in the files of a ResultWriter.
package mapresults

import (
	"time"

	"github.com/mapjob/mapjob/internal/value"
)

// Transformations of a result (developer guide, "ResultWriter").
const (
	transformNone    = "NONE"
	transformCompact = "COMPACT"
	transformFlatten = "FLATTEN"
)

// succeeded is the status of a child whose output is a result.
const succeeded = "SUCCEEDED"

// Child is a child execution that has ended.
type Child struct {
	ARN             string
	Name            string
	StateMachineARN string
	Express         bool
	// Index counts the children from 0 in the order in which they started.
	Index  int
	Status string
	Input  any
	Output any // if Status is SUCCEEDED
	Error  string
	Cause  string
	Start  time.Time
	Stop   time.Time
}

// describe returns the child as it is without a transformation.
func (c *Child) describe() *value.Object {
	included := value.NewObject("Included", true)
	d := value.WithCapacity(14)
	if c.Cause != "" {
		d.Set("Cause", c.Cause)
	}
	if c.Error != "" {
		d.Set("Error", c.Error)
	}
	d.Set("ExecutionArn", c.ARN)
	d.Set("Input", value.Text(c.Input))
	d.Set("InputDetails", included)
	d.Set("Name", c.Name)
	if c.Status == succeeded {
		d.Set("Output", value.Text(c.Output))
	}
	d.Set("OutputDetails", included)
	d.Set("RedriveCount", 0.0)
	switch {
	case c.Express: // has no redrives
	case c.Status == succeeded:
		d.Set("RedriveStatus", "NOT_REDRIVABLE")
		d.Set("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven")
	default:
		d.Set("RedriveStatus", "REDRIVABLE_BY_MAP_RUN")
	}
	d.Set("StartDate", timestamp(c.Start))
	d.Set("StateMachineArn", c.StateMachineARN)
	d.Set("Status", c.Status)
	d.Set("StopDate", timestamp(c.Stop))
	return d
}

// describePending returns a child that was not started.
func describePending(input any) *value.Object {
	return value.NewObject("Input", value.Text(input), "InputDetails", value.NewObject("Included", true), "Status", "PENDING")
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
