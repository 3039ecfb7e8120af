package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

func order(id, quantity string) json.RawMessage {
	return json.RawMessage(`{"orderId":"` + id + `","customer":"Aalto","currency":"EUR","lines":[{"sku":"A","quantity":` + quantity + `,"unitPrice":"1.00"}]}`)
}

// What the account says is held against what was seen.
func TestTheTruthIsCounted(t *testing.T) {
	seen := func(summarizes bool, account *account, written ...string) outcome {
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
		if truth.isOpen() != (truth.written["invoices/1.json"]*truth.written["invoices/2.json"]*truth.written["invoices/3.json"] == 0) {
			t.Errorf("got open %v with %v written", truth.isOpen(), truth.written)
		}
		return truth.outcome(summarizes, account)
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
		"lost and said so":     {&account{2, 2}, []string{"1", "2", "summary"}, outcome{lost: 1, counts: true, summarizes: true, summaries: 1}},
		"done, but said not":   {&account{2, 2}, []string{"1", "2", "3", "summary"}, outcome{counts: true, miscounted: 2, summarizes: true, summaries: 1}},
		"summary and again":    {&account{3, 1}, []string{"1", "2", "summary", "3", "summary"}, outcome{counts: true, summarizes: true, summaries: 2}},
		"no account":           {nil, []string{"1", "2", "3"}, outcome{counts: true, summarizes: true}},
		"nobody counts":        {nil, []string{"1", "2", "3", "3"}, outcome{twice: 1}},
	} {
		if got := seen(name != "nobody counts", c.account, c.written...); got != c.expected {
			t.Errorf("%s: got %+v, expected %+v", name, got, c.expected)
		}
	}
}

func TestTheTableSaysWhoCannotCount(t *testing.T) {
	counting, silent := row{architecture: "tracked"}, row{architecture: "queue"}
	counting.add(outcome{answers: 3, messages: 4, twice: 2, counts: true, miscounted: 2, summarizes: true, summaries: 1})
	counting.add(outcome{answers: 1, counts: true, summarizes: true, early: true, failed: true})
	silent.add(outcome{lost: 1})
	for _, line := range []string{
		"| tracked | 4 | 4 | none | 2, in 1 of 2 runs | in 1 of 2 runs | in 1 of 2 runs | in 1 of 2 runs | in 0 of 2 runs | in 1 of 2 runs |",
		"| queue | 0 | 0 | 1, in 1 of 1 runs | none | in 0 of 1 runs | nobody counts | there is none | there is none | there is none |",
	} {
		if got := table([]row{counting, silent}); !strings.Contains(got, line) {
			t.Errorf("got\n%s\nexpected the line\n%s", got, line)
		}
	}
}

// The logs of the functions tell in which order the table has counted.
func TestASummaryIsEarlyWhereAnOrderHadNotBeenCounted(t *testing.T) {
	const full = `{"message":"the tally is full","job":"night","tally":%d}`
	counted := func(orders ...string) string {
		var lines []string
		for i, order := range orders { // of several processes at once, so in no order
			lines = append([]string{fmt.Sprintf(`{"message":"counted","order":%q,"tally":%d}`, order, i+1)}, lines...)
		}
		return strings.Join(lines, "\n") + "\nSTART of something\n"
	}
	for name, c := range map[string]struct {
		consumer, producer string
		early, refused     bool
	}{
		"all before":                 {consumer: counted("1", "2", "3") + fmt.Sprintf(full, 3)},
		"one of them again after":    {consumer: counted("1", "2", "3", "1") + fmt.Sprintf(full, 3)},
		"one of them in its place":   {consumer: counted("1", "2", "1", "3") + fmt.Sprintf(full, 3), early: true},
		"all, and one again, before": {consumer: counted("1", "2", "1", "3"), producer: fmt.Sprintf(full, 4)},
		"never":                      {consumer: counted("1", "2")},
		"a line is missing":          {consumer: counted("1", "2") + fmt.Sprintf(full, 3), refused: true},
	} {
		folder := t.TempDir()
		for file, text := range map[string]string{"Consumer.log": c.consumer, "Producer.log": c.producer} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if early, err := askedEarly(folder, 3); early != c.early || (err != nil) != c.refused {
			t.Errorf("%s: got %v, %v, expected %v", name, early, err, c.early)
		}
	}
}

func TestWhomAFaultStrikesDoesNotDependOnTime(t *testing.T) {
	struck := 0
	for seed := range uint64(1000) {
		request := func(state string, attempt int, startedAt string) bool {
			items := []any{value.NewObject("index", 0.0)}
			return strikes(seed, &engine.Request{StateName: state, Attempt: attempt, Parameters: value.NewObject("Payload",
				value.NewObject("job", value.NewObject("startedAt", startedAt), "Items", items))}, 0.05)
		}
		if request("Worker", 0, "now") != request("Worker", 0, "later") {
			t.Fatal("got two answers for one invocation, expected the same whenever it is")
		}
		for attempt := range 3 {
			if request("Summary", attempt, "") {
				struck++
			}
		}
	}
	if struck < 100 || struck > 200 {
		t.Errorf("got %d of 3,000 struck, expected about 150", struck)
	}
}

func TestBadFlagsAreRefusedWithWhatWasGot(t *testing.T) {
	_, err := parse([]string{"-seeds", "0", "-orders", "-1", "-duplicate", "1.5", "-lost", "NaN", "now"})
	for _, expected := range []string{"-seeds: got 0", "-orders: got -1", "-duplicate: got 1.5, expected a share from 0 to 1", "-lost: got NaN", `got architecture "now", expected one of: queue-fanout`} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
	if s, err := parse([]string{"-duplicate", "0", "-lost", "1"}); err != nil || s.orders != 500 || s.seeds != 100 || len(s.architectures) != 3 {
		t.Errorf("got %+v, %v, expected 100 seeds of 500 orders", s, err)
	}
}
