package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func order(id, quantity string) json.RawMessage {
	return json.RawMessage(`{"orderId":"` + id + `","customer":"Aalto","currency":"EUR","lines":[{"sku":"A","quantity":` + quantity + `,"unitPrice":"1.00"}]}`)
}

// What the account says is held against what was seen.
func TestTheTruthIsCounted(t *testing.T) {
	seen := func(account *account, written ...string) outcome {
		truth, err := truthOf([]json.RawMessage{order("1", "1"), order("2", "1"), order("3", "1"), order("4", "0")})
		if err != nil {
			t.Fatal(err)
		}
		if len(truth.written) != 3 || truth.refused != 1 {
			t.Fatalf("got %d orders to invoice and %d to refuse, expected three and one", len(truth.written), truth.refused)
		}
		for _, id := range written {
			if id == "summary" {
				truth.summarized()
				continue
			}
			truth.wrote("bucket", "invoices/"+id+".json")
		}
		return truth.outcome(account)
	}
	for name, c := range map[string]struct {
		account  *account
		written  []string
		expected outcome
	}{
		"all well":             {&account{3, 1}, []string{"1", "2", "3", "summary"}, outcome{counts: true, summarizes: true, summaries: 1}},
		"lost":                 {&account{2, 1}, []string{"1", "2"}, outcome{lost: 1, counts: true, miscounted: 1, summarizes: true}},
		"twice":                {&account{4, 1}, []string{"1", "2", "2", "3", "summary"}, outcome{twice: 1, counts: true, miscounted: 1, summarizes: true, summaries: 1}},
		"failed is miscounted": {&account{3, 3}, []string{"1", "2", "3", "summary"}, outcome{counts: true, miscounted: 2, summarizes: true, summaries: 1}},
		"early and again":      {&account{3, 1}, []string{"1", "2", "summary", "3", "summary"}, outcome{counts: true, summarizes: true, summaries: 2, early: true}},
		"nobody counts":        {nil, []string{"1", "2", "3", "3"}, outcome{twice: 1}},
	} {
		if got := seen(c.account, c.written...); got != c.expected {
			t.Errorf("%s: got %+v, expected %+v", name, got, c.expected)
		}
	}
}

func TestTheTableSaysWhoCannotCount(t *testing.T) {
	counting, silent := row{architecture: "tracked"}, row{architecture: "queue"}
	counting.add(outcome{twice: 2, counts: true, miscounted: 2, summarizes: true, summaries: 1})
	counting.add(outcome{counts: true, summarizes: true, early: true})
	silent.add(outcome{lost: 1})
	for _, line := range []string{
		"| tracked | 0, in 0 runs | 2, in 1 runs | in 1 of 2 runs | in 1 of 2 runs | in 0 of 2 runs | in 1 of 2 runs |",
		"| queue | 1, in 1 runs | 0, in 0 runs | nobody counts | there is none | there is none | there is none |",
	} {
		if got := table([]row{counting, silent}); !strings.Contains(got, line) {
			t.Errorf("got\n%s\nexpected the line\n%s", got, line)
		}
	}
}
