package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job/report"
)

// runJob executes the job and drops answers of its functions. A failed execution
// is an outcome, not an error.
func (t *truth) runJob(ctx context.Context, c *stack.Stack, s settings, seed uint64) error {
	machine, err := c.Machine("")
	if err != nil {
		return err
	}
	x, err := c.Execute(ctx, machine, stack.Execution{
		Name: fmt.Sprint("seed-", seed), Input: []byte(night),
		Between: func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
			if r.Resource.Service != "lambda" {
				return call(ctx, r)
			}
			open := r.StateName == "Summary" && t.isOpen()
			output, err := call(ctx, r)
			if err != nil {
				return output, err
			}
			if r.StateName == "Summary" {
				t.summarized()
				if err := t.reported(ctx, c, output, open); err != nil {
					return nil, err
				}
			}
			if strikes(seed, r, s.lost) {
				t.mutex.Lock()
				defer t.mutex.Unlock()
				t.answers++
				return nil, &engine.TaskError{Name: "Runtime.ExitError", Cause: "the answer was lost"}
			}
			return output, nil
		},
	})
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t.failed = x.Status != engine.Succeeded
	return nil
}

// reported reads the account from the summary's report. The summary was early if
// an order was still open when it was invoked.
func (t *truth) reported(ctx context.Context, c *stack.Stack, output any, open bool) error {
	place := member(member(output, "Payload"), "report")
	bucket, _ := member(place, "bucket").(string)
	prefix, _ := member(place, "prefix").(string)
	var text bytes.Buffer
	if err := c.Read(ctx, bucket, prefix+"/report.json", &text); err != nil {
		return err
	}
	var r report.Report
	if err := json.Unmarshal(text.Bytes(), &r); err != nil {
		return err
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.report = &account{r.Items.Succeeded, r.Items.Failed}
	t.early = t.early || open
	return nil
}

func member(v any, name string) any {
	object, _ := v.(*value.Object)
	m, _ := object.Get(name)
	return m
}

// strikes reports whether an invocation loses its answer. That depends on the
// seed, the state, the attempt and the items, but not on time.
func strikes(seed uint64, r *engine.Request, share float64) bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %d %s", seed, r.StateName, r.Attempt, value.Append(nil, member(member(r.Parameters, "Payload"), "Items")))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11)/(1<<53) < share
}
