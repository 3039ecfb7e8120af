package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
	"github.com/mapjob/mapjob/lambdas/invoicing"
)

const ordersFile = "examples/orders.jsonl"

// priced prices the sample's orders and returns how many are valid and how many
// are not, and the latter by the name of their error.
func priced(t *testing.T) (report.Items, map[string]int) {
	t.Helper()
	counts, names := report.Items{}, map[string]int{}
	for record, err := range items.File(ordersFile) {
		if err != nil {
			t.Fatal(err)
		}
		var order invoicing.Order
		if err := json.Unmarshal(record, &order); err != nil {
			t.Fatal(err)
		}
		counts.Total++
		if _, err := invoicing.Price(order); err != nil {
			named, ok := errors.AsType[*job.Error](err)
			if !ok {
				t.Fatalf("got error %v, expected one with a name", err)
			}
			names[named.Name]++
			counts.Failed++
			continue
		}
		counts.Succeeded++
	}
	return counts, names
}

func TestTheGeneratorMakesTheOrders(t *testing.T) {
	generated, err := exec.Command("go", "run", "./test/ordergen").Output()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(ordersFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(generated, committed) {
		t.Errorf("%s differs from its generator's output: run go run ./test/ordergen > %s", ordersFile, ordersFile)
	}
	items, names := priced(t)
	if items.Total != 5000 || items.Failed < 100 || items.Failed > 250 || len(names) < 5 {
		t.Errorf("got %d orders, %d of them invalid by %v, expected 5,000 orders, two to five per cent of them invalid for five reasons or more",
			items.Total, items.Failed, names)
	}
}
