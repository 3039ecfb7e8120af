package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/mapjob/mapjob/internal/records"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

// outcome is what came of a run.
type outcome struct {
	answers, messages int  // that were lost after the work, and came twice
	failed            bool // the execution, or the event
	lost, twice       int  // orders that were to be invoiced

	counts     bool // the architecture keeps an account
	miscounted int  // by how many orders it is not what happened

	summarizes bool // the architecture has a summary
	summaries  int  // how often it was written
	early      bool // when it was asked for, an order had not been counted
}

// truth is what has to become of the orders, and what has become of them so far.
type truth struct {
	mutex     sync.Mutex
	orders    int
	refused   int
	written   map[string]int // by the key of the invoice, of all that are to be written
	answers   int            // that were lost
	summaries int
	early     bool
	failed    bool
	report    *account // of the job's last summary
}

// account is how many orders an architecture says were invoiced and failed.
type account struct{ succeeded, failed int }

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

// wrote takes note of an invoice. Other objects are not of interest.
func (t *truth) wrote(_, key string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if n, expected := t.written[key]; expected {
		t.written[key] = n + 1
	}
}

// isOpen says whether an order is still to be invoiced.
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

// summarized takes note of a summary.
func (t *truth) summarized() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.summaries++
}

// outcome compares an account with the truth. It is nil where there is none.
// summarizes says whether there ought to be an account, and a summary.
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
