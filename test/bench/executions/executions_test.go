package executions

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/lambdas/invoicing"
	"github.com/mapjob/mapjob/sfntest"
)

// quiet discards what the kit logs of each execution.
var quiet = job.WithLogger(slog.New(slog.DiscardHandler))

var executions = flag.Int("executions", 3, "the number of executions of a test")

// run runs executions of the sample's job, each in a world and a bubble of its own, and
// prints how many a second there were. begin returns the functions of an execution,
// and what is done before it starts.
func run(t *testing.T, begin func(t *testing.T) (functions []sfntest.Option, prepare func(*sfntest.World))) {
	t.Helper()
	stack := sfntest.Open(t, "../../soak/forms/testdata/sample_1.snap.json")
	began := time.Now()
	for range *executions {
		synctest.Test(t, func(t *testing.T) {
			functions, prepare := begin(t)
			w := sfntest.New(t, stack, functions...)
			prepare(w)
			x := w.Start("Invoicing", map[string]string{"date": "2026-11-01"})
			x.RunToEnd()
			if n := x.MapRuns(); x.Status() != "SUCCEEDED" || len(n) != 1 || n[0].Total != items {
				t.Fatalf("got %s, %v and %+v, expected an execution of %d items that succeeds:\n%s", x.Status(), x.Err(), n, items, x.History())
			}
		})
	}
	fmt.Printf("%.1f executions/s\n", float64(*executions)/time.Since(began).Seconds())
}

// order is the item of an execution of plain functions, as the peer has it.
type order struct {
	ID string `json:"orderId"`
}

// The job start yields the items of a list. The worker and the summary are ordinary
// functions: the worker answers with an outcome for each item, and the summary with an
// account.
func TestExecutions(t *testing.T) {
	type batch struct {
		Items []struct {
			Index int
			Item  order
		}
	}
	type outcome struct {
		Index  int    `json:"index"`
		Status string `json:"status"`
		Output string `json:"output"`
	}
	type account struct {
		Total     int `json:"total"`
		Succeeded int `json:"succeeded"`
		Failed    int `json:"failed"`
		Missing   int `json:"missing"`
	}
	orders := make([]order, items)
	for n := range orders {
		orders[n].ID = fmt.Sprint("ORD-", n)
	}
	functions := []sfntest.Option{
		sfntest.Handle("JobStart", job.Start(func(context.Context, invoicing.Night) iter.Seq2[order, error] {
			return func(yield func(order, error) bool) {
				for _, o := range orders {
					if !yield(o, nil) {
						return
					}
				}
			}
		}, quiet)),
		sfntest.HandleFunc("Worker", func(_ context.Context, b batch) ([]outcome, error) {
			list := make([]outcome, len(b.Items))
			for i, item := range b.Items {
				list[i] = outcome{item.Index, "SUCCEEDED", item.Item.ID}
			}
			return list, nil
		}),
		sfntest.HandleFunc("Summary", func(context.Context, struct{}) (account, error) {
			return account{Total: items, Succeeded: items}, nil
		}),
	}
	run(t, func(*testing.T) ([]sfntest.Option, func(*sfntest.World)) { return functions, func(*sfntest.World) {} })
}

// The functions are those of the sample: the job start queries a table, the worker
// writes an invoice for each item, and the summary writes a report.
func TestExecutionsOfTheSample(t *testing.T) {
	text, err := os.ReadFile("../../../examples/orders.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var requests []types.WriteRequest
	for _, line := range bytes.SplitAfterN(text, []byte("\n"), items+1)[:items] {
		var order map[string]any
		if err := json.Unmarshal(line, &order); err != nil {
			t.Fatal(err)
		}
		item, err := attributevalue.MarshalMap(order)
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	run(t, func(t *testing.T) ([]sfntest.Option, func(*sfntest.World)) {
		due, invoices := &invoicing.Orders{Index: "due"}, &invoicing.Invoices{}
		return []sfntest.Option{
				sfntest.Handle("JobStart", job.Start(due.Due, quiet)),
				sfntest.Handle("Worker", job.Work(invoices.Write, job.Concurrency(8), quiet)),
				sfntest.Handle("Summary", job.Summarize(invoicing.Revenues, quiet, job.WithMetrics(io.Discard))),
			}, func(w *sfntest.World) {
				database := dynamodb.NewFromConfig(w.Config())
				due.Client, due.Table = database, w.Name("Orders")
				invoices.Client, invoices.Bucket = s3.NewFromConfig(w.Config()), w.Name("Invoices")
				_, err := database.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{due.Table: requests}})
				if err != nil {
					t.Fatal(err)
				}
			}
	})
}
