package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/lambdas/invoicing"
	"github.com/mapjob/mapjob/local/cloud"
	"github.com/mapjob/mapjob/local/engine"
	"github.com/mapjob/mapjob/local/records"
	"github.com/mapjob/mapjob/local/sqs"
	"github.com/mapjob/mapjob/local/value"
)

// outcome is what came of a run.
type outcome struct {
	lost, twice int // orders that were to be invoiced

	counts     bool // the architecture keeps an account
	miscounted int  // by how many orders it is wrong

	summarizes bool // the architecture has a summary
	summaries  int
	early      bool // it came while orders were still to be invoiced
}

// night is when the orders of all runs are due. The name of the tracked job is
// always the same: which messages a fault strikes depends on what they say.
const night = `{"date": "2026-11-01", "jobId": "night"}`

// truth is what has to become of the orders, and what has become of them so far.
type truth struct {
	mutex     sync.Mutex
	refused   int
	written   map[string]int // by the key of the invoice, of all that are to be written
	last      time.Time      // when an order was invoiced for the first time, the last of them
	summaries int
	early     bool
}

// orders are those of a seed: a part of the sample's, another one for each.
func orders(n int, seed uint64) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for record, err := range records.Read("examples/orders.csv") {
		if err != nil {
			return nil, err
		}
		all = append(all, record)
	}
	if n > len(all) {
		return nil, fmt.Errorf("got %d orders, expected up to %d", n, len(all))
	}
	first := int(seed) * n % (len(all) - n + 1)
	return all[first : first+n], nil
}

func truthOf(list []json.RawMessage) (*truth, error) {
	t := &truth{written: map[string]int{}}
	for _, record := range list {
		var order invoicing.Order
		if err := json.Unmarshal(record, &order); err != nil {
			return nil, err
		}
		if _, err := invoicing.Price(order); err != nil {
			t.refused++
			continue
		}
		t.written["invoices/"+order.ID+".json"] = 0
	}
	return t, nil
}

// wrote takes note of an invoice. Other objects are not of interest.
func (t *truth) wrote(_, key string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if n, expected := t.written[key]; expected {
		if t.written[key] = n + 1; n == 0 {
			t.last = time.Now()
		}
	}
}

// summarized takes note of a summary.
func (t *truth) summarized() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.summaries++
	for _, n := range t.written {
		t.early = t.early || n == 0
	}
}

// outcome compares an account with the truth. It is nil where there is none.
func (t *truth) outcome(account *account) outcome {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	x := outcome{summaries: t.summaries, early: t.early}
	for _, n := range t.written {
		switch {
		case n == 0:
			x.lost++
		case n > 1:
			x.twice++
		}
	}
	if account != nil {
		x.counts, x.summarizes = true, true
		x.miscounted = abs(account.succeeded-len(t.written)) + abs(account.failed-t.refused)
	}
	return x
}

func abs(n int) int { return max(n, -n) }

// account is how many orders an architecture says were invoiced and refused.
type account struct{ succeeded, failed int }

// once runs an architecture with the faults of a seed.
func once(ctx context.Context, stack *cloud.Stack, s settings, seed uint64, folder string) (_ outcome, err error) {
	list, err := orders(s.orders, seed)
	if err != nil {
		return outcome{}, err
	}
	t, err := truthOf(list)
	if err != nil {
		return outcome{}, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(folder)
	var c *cloud.Cloud
	c, err = cloud.Start(ctx, stack, cloud.Options{
		Folder: folder, Written: t.wrote,
		QueueFaults: sqs.Faults{Seed: seed, Duplicate: s.duplicate, LostAnswer: s.lost},
		Delivered: func(d cloud.Delivery) {
			if strings.Contains(d.Function, "Summary") && d.FunctionError == "" && len(d.Failed) == 0 {
				t.summarized()
			}
		},
	})
	if err != nil {
		return outcome{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	due := func(yield func(json.RawMessage, error) bool) {
		for _, record := range list {
			if !yield(record, nil) {
				return
			}
		}
	}
	if _, err := c.Seed(ctx, "Orders", iter.Seq2[json.RawMessage, error](due)); err != nil {
		return outcome{}, err
	}
	entry, err := c.Entry()
	if err != nil {
		return outcome{}, err
	}
	var tally *account
	if entry == "" {
		tally, err = t.runJob(ctx, c, s, seed)
	} else {
		tally, err = t.runEvent(ctx, c, entry)
	}
	if err != nil {
		return outcome{}, err
	}
	return t.outcome(tally), nil
}

// runEvent sends the event and waits until nothing is left to do. The account
// is what the tally of the table says, if there is one.
func (t *truth) runEvent(ctx context.Context, c *cloud.Cloud, entry string) (*account, error) {
	ended, err := c.InvokeEvent(entry, []byte(night))
	if err != nil {
		return nil, err
	}
	if err := c.Drain(ctx); err != nil {
		return nil, err
	}
	if r := <-ended; r.Err != nil || r.Condition != "Success" {
		return nil, fmt.Errorf("got an event that ended with %s (%s, %v), expected Success", r.Condition, r.Answer, r.Err)
	}
	var tally *account
	for _, table := range c.Tables() {
		if table.ID != "Jobs" {
			continue
		}
		tally = &account{}
		for record, err := range c.Records(ctx, table.Name) {
			if err != nil {
				return nil, err
			}
			var job struct {
				Finished, Failed int
				SummarizedAt     time.Time
			}
			if err := json.Unmarshal(record, &job); err != nil {
				return nil, err
			}
			tally.succeeded += job.Finished
			tally.failed += job.Failed
			t.early = t.early || !job.SummarizedAt.IsZero() && job.SummarizedAt.Before(t.last)
		}
	}
	return tally, nil
}

// runJob executes the job. Its account is the execution's output.
func (t *truth) runJob(ctx context.Context, c *cloud.Cloud, s settings, seed uint64) (*account, error) {
	machine, err := c.Machine("")
	if err != nil {
		return nil, err
	}
	x, err := c.Execute(ctx, machine, cloud.Execution{
		Name: fmt.Sprint("seed-", seed), Input: []byte(night),
		Between: func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
			output, err := call(ctx, r)
			if err == nil && r.StateName == "Worker" && strikes(seed, r, s.lost) {
				return nil, &engine.TaskError{Name: "Runtime.ExitError", Cause: "the answer was lost"}
			}
			if err == nil && r.StateName == "Summary" {
				t.summarized()
			}
			return output, err
		},
	})
	if err != nil {
		return nil, err
	}
	if x.Status != engine.Succeeded {
		return nil, fmt.Errorf("got an execution that ended with %s (%s: %s), expected success", x.Status, x.Error, x.Cause)
	}
	var output struct{ Succeeded, Failed int }
	if err := json.Unmarshal(x.Output, &output); err != nil {
		return nil, err
	}
	return &account{output.Succeeded, output.Failed}, nil
}

// strikes says whether an invocation loses its answer: by its batch and the
// number of its attempt, not by when it comes.
func strikes(seed uint64, r *engine.Request, share float64) bool {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s", seed, r.Attempt, value.Append(nil, r.Parameters))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11)/(1<<53) < share
}
