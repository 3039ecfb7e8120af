package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

func order(id, quantity string) json.RawMessage {
	return json.RawMessage(`{"orderId":"` + id + `","customer":"Aalto","currency":"EUR","lines":[{"sku":"A","quantity":` + quantity + `,"unitPrice":"1.00"}]}`)
}

func TestAnAccountIsComparedWithTheTruth(t *testing.T) {
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
			t.Errorf("isOpen: got %v with the writes %v", truth.isOpen(), truth.written)
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
		"lost and counted":     {&account{2, 2}, []string{"1", "2", "summary"}, outcome{lost: 1, counts: true, summarizes: true, summaries: 1}},
		"done and not counted": {&account{2, 2}, []string{"1", "2", "3", "summary"}, outcome{counts: true, miscounted: 2, summarizes: true, summaries: 1}},
		"two summaries":        {&account{3, 1}, []string{"1", "2", "summary", "3", "summary"}, outcome{counts: true, summarizes: true, summaries: 2}},
		"no account":           {nil, []string{"1", "2", "3"}, outcome{counts: true, summarizes: true}},
		"not counted":          {nil, []string{"1", "2", "3", "3"}, outcome{twice: 1}},
	} {
		if diff := cmp.Diff(c.expected, seen(name != "not counted", c.account, c.written...), cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("%s: outcome (-expected +got):\n%s", name, diff)
		}
	}
}

func TestTheTableShowsWhatAnArchitectureDoesNotCount(t *testing.T) {
	counting, silent := row{architecture: "tracked"}, row{architecture: "queue"}
	counting.add(outcome{answers: 3, messages: 4, twice: 2, counts: true, miscounted: 2, summarizes: true, summaries: 1})
	counting.add(outcome{answers: 1, counts: true, summarizes: true, early: true, failed: true})
	silent.add(outcome{lost: 1})
	for _, line := range []string{
		"| tracked | 4 | 4 | none | 2, in 1 of 2 runs | in 1 of 2 runs | in 1 of 2 runs | in 1 of 2 runs | in 0 of 2 runs | in 1 of 2 runs |",
		"| queue | 0 | 0 | 1, in 1 of 1 runs | none | in 0 of 1 runs | not counted | no summary | no summary | no summary |",
	} {
		if got := table([]row{counting, silent}); !strings.Contains(got, line) {
			t.Errorf("got\n%s\nexpected the line\n%s", got, line)
		}
	}
}

func TestASummaryIsEarlyIfAnOrderHadNotBeenCounted(t *testing.T) {
	const (
		full         = "2026/11/01 02:00:00 INFO the tally is full job=night tally=%d"           // by the consumer
		fullProducer = `{"level":"INFO","message":"the tally is full","job":"night","tally":%d}` // by the producer
	)
	counted := func(orders ...string) string {
		var lines []string
		for i, order := range orders { // in any sequence, because several processes log
			lines = append([]string{fmt.Sprintf("2026/11/01 02:00:00 INFO counted order=%s tally=%d", order, i+1)}, lines...)
		}
		return strings.Join(lines, "\n") + "\nSTART of something\n"
	}
	for name, c := range map[string]struct {
		consumer, producer string
		early, refused     bool
	}{
		"all counted before":         {consumer: counted("1", "2", "3") + fmt.Sprintf(full, 3)},
		"one again after":            {consumer: counted("1", "2", "3", "1") + fmt.Sprintf(full, 3)},
		"one twice, another missing": {consumer: counted("1", "2", "1", "3") + fmt.Sprintf(full, 3), early: true},
		"all, and one twice":         {consumer: counted("1", "2", "1", "3"), producer: fmt.Sprintf(fullProducer, 4)},
		"never asked for":            {consumer: counted("1", "2")},
		"a line of the log is lost":  {consumer: counted("1", "2") + fmt.Sprintf(full, 3), refused: true},
	} {
		folder := t.TempDir()
		for file, text := range map[string]string{"Consumer.log": c.consumer, "Producer.log": c.producer} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if early, err := askedEarly(folder, 3); early != c.early || (err != nil) != c.refused {
			t.Errorf("%s: got %v and error %v, expected %v and an error %v", name, early, err, c.early, c.refused)
		}
	}
}

func TestFaultsDoNotDependOnTime(t *testing.T) {
	struck := 0
	for seed := range uint64(1000) {
		request := func(state string, attempt int, startedAt string) bool {
			items := []any{value.NewObject("index", 0.0)}
			return strikes(seed, &engine.Request{StateName: state, Attempt: attempt, Parameters: value.NewObject("Payload",
				value.NewObject("job", value.NewObject("startedAt", startedAt), "Items", items))}, 0.05)
		}
		if request("Worker", 0, "now") != request("Worker", 0, "later") {
			t.Fatal("got different faults at different times, expected the same")
		}
		for attempt := range 3 {
			if request("Summary", attempt, "") {
				struck++
			}
		}
	}
	if struck < 100 || struck > 200 {
		t.Errorf("got %d faults in 3,000 invocations, expected about 150", struck)
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	_, err := parse([]string{"-seeds", "0", "-orders", "-1", "-duplicate", "1.5", "-lost", "NaN", "now"})
	for _, expected := range []string{"-seeds: got 0", "-orders: got -1", "-duplicate: got 1.5, expected a share from 0 to 1", "-lost: got NaN", `architecture: got "now", expected one of: queue-fanout`} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
	s, err := parse([]string{"-duplicate", "0", "-lost", "1"})
	if err != nil {
		t.Fatal(err)
	}
	expected := settings{seeds: 100, orders: 500, duplicate: 0, lost: 1, architectures: architectures}
	if diff := cmp.Diff(expected, s, cmp.AllowUnexported(settings{})); diff != "" {
		t.Errorf("settings (-expected +got):\n%s", diff)
	}
}
