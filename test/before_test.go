package test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/stacks"
)

// eventAnswer is the JSON document of a run without a state machine.
type eventAnswer struct {
	Status string
	RunDir string
	Known  struct { // by the stack itself
		Queues []struct {
			Queue    string
			Messages int
		}
		Tables  map[string]struct{ Records []map[string]any }
		Answer  any
		Unknown string
	}
	Counted struct { // by the runner
		Objects       int
		WrittenAgain  int
		LastMessageMs int64
	}
}

// The older architectures invoice the same 5,000 orders. A run reports what the
// stack knows about them, and what the runner has counted.
func TestOlderArchitecturesInvoiceTheOrders(t *testing.T) {
	items, _ := priced(t)
	for architecture, expected := range map[string]struct {
		tally       string // the table that counts orders, if any
		orders      string // the name of the table of orders. Default: Orders
		deadLetters int
	}{
		stacks.EventHandler:  {orders: "OrdersA9B65338"}, // its logical ID
		stacks.QueueFanout:   {deadLetters: items.Failed},
		stacks.TrackedFanout: {tally: "Jobs"},
	} {
		t.Run(architecture, func(t *testing.T) {
			cmd := mapjob(t, append(sample(t, cmp.Or(expected.orders, "Orders")), "-c", stacks.ArchitectureContext+"="+architecture)...)
			var progress bytes.Buffer
			cmd.Stderr = &progress
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("mapjob run: %v\n%s%s", err, out, progress.Bytes())
			}
			var answer eventAnswer
			if err := json.Unmarshal(out, &answer); err != nil {
				t.Fatalf("standard output is not a JSON document: %v\n%s", err, out)
			}
			if answer.Status != "Success" || answer.Counted.Objects != items.Succeeded || answer.Counted.WrittenAgain != 0 {
				t.Errorf("got %s with %d objects and %d repeated writes, expected Success with %d objects, each written once",
					answer.Status, answer.Counted.Objects, answer.Counted.WrittenAgain, items.Succeeded)
			}
			for _, queue := range answer.Known.Queues {
				want := 0
				if strings.HasSuffix(queue.Queue, "DeadLetterQueue") {
					want = expected.deadLetters
				}
				if queue.Messages != want {
					t.Errorf("%s: got %d messages, expected %d", queue.Queue, queue.Messages, want)
				}
			}
			tallies := map[string][]map[string]any{}
			for name, table := range answer.Known.Tables {
				for _, record := range table.Records {
					tallies[name] = append(tallies[name], map[string]any{"expected": record["expected"], "finished": record["finished"], "failed": record["failed"]})
				}
			}
			want := map[string][]map[string]any{}
			if expected.tally != "" {
				want[expected.tally] = []map[string]any{{"expected": float64(items.Total), "finished": float64(items.Succeeded), "failed": float64(items.Failed)}}
			}
			if diff := gocmp.Diff(want, tallies); diff != "" {
				t.Errorf("tallies (-expected +got):\n%s", diff)
			}

			queued := architecture != stacks.EventHandler // without a queue, the work ends with the event
			report, err := os.ReadFile(filepath.Join(cmd.Dir, answer.RunDir, "report.md"))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(report), "no queue knows when the work was finished"); got != queued {
				t.Errorf("got a report with the limits of a queue: %v, expected %v:\n%s", got, queued, report)
			}
			if (answer.Known.Unknown != "") != queued || (answer.Counted.LastMessageMs > 0) != queued || (answer.Known.Answer != nil) != queued {
				t.Errorf("got the limits %q, the last message after %d ms and the answer %v, expected them with a queue only (%v)",
					answer.Known.Unknown, answer.Counted.LastMessageMs, answer.Known.Answer, queued)
			}
			if text := progress.String(); strings.Contains(text, "items done") || strings.Contains(text, "failed") {
				t.Errorf("got progress with numbers of items, which these architectures do not count:\n%s", text)
			}
			if !strings.Contains(progress.String(), "all work is done") {
				t.Errorf("got progress without an end:\n%s", progress.Bytes())
			}
		})
	}
}
