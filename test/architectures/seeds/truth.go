package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// outcome is the outcome of a run.
type outcome struct {
	answers, messages int  // answers lost after the work, and messages delivered twice
	failed            bool // the execution or the event failed
	lost, twice       int  // valid orders that were not invoiced, and invoiced twice

	counts     bool // the architecture keeps an account
	miscounted int  // the difference between the account and the truth, in orders

	summarizes bool // the architecture has a summary
	summaries  int  // the number of summaries written
	early      bool // an order had not been counted when the summary was asked for
}

// truth knows which orders have to be invoiced, and what happened so far.
type truth struct {
	mutex     sync.Mutex
	orders    int
	refused   int
	written   map[string]int // writes by the invoice's key, for all valid orders
	answers   int            // answers lost
	summaries int
	early     bool
	failed    bool
	report    *account // of the job's last summary
}

// account is the number of orders that an architecture reports as invoiced and as
// failed.
type account struct{ succeeded, failed int }

// orders returns n of the sample's orders. Each seed gets others.
func orders(n int, seed uint64) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for record, err := range items.File("examples/orders.jsonl") {
		if err != nil {
			return nil, err
		}
		all = append(all, record)
	}
	if n > len(all) {
		return nil, fmt.Errorf("-orders: got %d, expected at most the %d of the sample", n, len(all))
	}
	first := int(seed) * n % (len(all) - n + 1)
	return all[first : first+n], nil
}

func truthOf(list []json.RawMessage) (*truth, error) {
	t := &truth{orders: len(list), written: map[string]int{}}
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

// wrote records the write of an invoice, and ignores other objects.
func (t *truth) wrote(_, key string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if n, expected := t.written[key]; expected {
		t.written[key] = n + 1
	}
}

// isOpen reports whether an order has not been invoiced yet.
func (t *truth) isOpen() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, n := range t.written {
		if n == 0 {
			return true
		}
	}
	return false
}

// summarized records a summary.
func (t *truth) summarized() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.summaries++
}

// outcome compares an account with the truth. The account is nil if there is none;
// summarizes says whether the architecture keeps one and has a summary.
func (t *truth) outcome(summarizes bool, account *account) outcome {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	x := outcome{answers: t.answers, failed: t.failed, counts: summarizes, summarizes: summarizes, summaries: t.summaries, early: t.early}
	for _, n := range t.written {
		switch {
		case n == 0:
			x.lost++
		case n > 1:
			x.twice++
		}
	}
	if account != nil {
		invoiced := len(t.written) - x.lost
		x.miscounted = abs(account.succeeded-invoiced) + abs(account.failed-(t.orders-invoiced))
	}
	return x
}

func abs(n int) int { return max(n, -n) }
