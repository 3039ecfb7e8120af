package test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/stacks"
)

// The architectures before the job invoice the same 5,000 orders. A run says
// what the stack itself can know, and beside it what this machine has seen.
func TestArchitecturesBeforeTheJob(t *testing.T) {
	items, _ := priced(t)
	tally := map[string]any{"expected": float64(items.Total), "finished": float64(items.Succeeded), "failed": float64(items.Failed)}
	for architecture, expected := range map[string]struct {
		table       string // that tells how far the work has come
		seeded      string // what the table of orders is called; empty: Orders
		deadLetters int
	}{
		stacks.EventHandler:  {seeded: "OrdersA9B65338"}, // its logical ID
		stacks.QueueFanout:   {deadLetters: items.Failed},
		stacks.TrackedFanout: {table: "Jobs"},
	} {
		t.Run(architecture, func(t *testing.T) {
			cmd := exec.Command("go", "run", "./cmd/mapjob", "run", "--json", "-c", stacks.ArchitectureContext+"="+architecture,
				"--seed", cmp.Or(expected.seeded, "Orders")+"=examples/orders.jsonl", "--input", "examples/night.json")
			var progress bytes.Buffer
			cmd.Stderr = &progress
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("mapjob run: %v\n%s%s", err, out, progress.Bytes())
			}
			var answer struct {
				Status string
				RunDir string
				Known  struct {
					Queues []struct {
						Queue    string
						Messages int
					}
					Tables map[string]struct{ Records []map[string]any }
					Answer any
					Untold string
				}
				Counted struct {
					Objects       int
					WrittenAgain  int
					LastMessageMs int64
				}
			}
			if err := json.Unmarshal(out, &answer); err != nil {
				t.Fatalf("standard output is not one JSON document: %v\n%s", err, out)
			}
			if answer.Status != "Success" || answer.Counted.Objects != items.Succeeded || answer.Counted.WrittenAgain != 0 {
				t.Errorf("got %s with %+v, expected Success with %d objects, each written once", answer.Status, answer.Counted, items.Succeeded)
			}
			for _, left := range answer.Known.Queues {
				if due := strings.HasSuffix(left.Queue, "DeadLetterQueue"); due && left.Messages != expected.deadLetters || !due && left.Messages != 0 {
					t.Errorf("got %d messages in %s, expected %d dead letters and nothing else", left.Messages, left.Queue, expected.deadLetters)
				}
			}
			if records := answer.Known.Tables[expected.table].Records; expected.table != "" {
				if len(records) != 1 {
					t.Fatalf("got %d tallies in %v, expected one in %s", len(records), answer.Known.Tables, expected.table)
				}
				for name, count := range tally {
					if records[0][name] != count {
						t.Errorf("got the tally %v, expected %s to be %v", records[0], name, count)
					}
				}
			} else if len(answer.Known.Tables) > 0 {
				t.Errorf("got %v, expected no table that counts", answer.Known.Tables)
			}

			report, err := os.ReadFile(filepath.Join(answer.RunDir, "report.md"))
			if err != nil {
				t.Fatal(err)
			}
			queued := architecture != stacks.EventHandler // else the event's end is the end
			if got := strings.Contains(string(report), "no queue can tell when the work was finished"); got != queued || queued != (answer.Known.Untold != "") || queued != (answer.Counted.LastMessageMs > 0) {
				t.Errorf("got a report that says what no queue can tell: %v, expected %v:\n%s", got, queued, report)
			}
			if queued == (answer.Known.Answer == nil) {
				t.Errorf("got the answer %v, expected what the producer has said, and nothing of the handler", answer.Known.Answer)
			}
			if text := progress.String(); strings.Contains(text, "items done") || strings.Contains(text, "failed") {
				t.Errorf("got progress that counts what nobody can count:\n%s", text)
			}
			if !strings.Contains(progress.String(), "nothing is left to do") {
				t.Errorf("got no word of the end:\n%s", progress.Bytes())
			}
		})
	}
}
