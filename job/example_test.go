package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

type order struct {
	ID       string
	Quantity int
}

type invoice struct{ Total int }

func price(_ context.Context, o order) (invoice, error) {
	if o.Quantity <= 0 {
		return invoice{}, job.Errorf("QuantityNotPositive", "order %s: got quantity %d", o.ID, o.Quantity)
	}
	return invoice{12 * o.Quantity}, nil
}

func ExampleStart() {
	type night struct{ Date string } // the input of the execution
	starter := job.Start(func(_ context.Context, in night) iter.Seq2[order, error] {
		return func(yield func(order, error) bool) { // a database yields them page by page
			_ = yield(order{"ORD-1", 2}, nil) && yield(order{"ORD-2", -1}, nil)
		}
	})
	t := &testing.T{} // the test's own
	for _, o := range jobtest.Start[order](t, starter, night{"2026-11-01"}) {
		fmt.Println(o.ID, o.Quantity)
	}
	// Output:
	// ORD-1 2
	// ORD-2 -1
}

// quiet keeps the lines about failed items out of the examples' outputs.
var quiet = job.WithLogger(slog.New(slog.DiscardHandler))

func ExampleWork() {
	worker := job.Work(price, job.Concurrency(8), quiet) // for lambda.Start

	t := &testing.T{} // the test's own
	for _, o := range jobtest.Work(t, worker, order{"ORD-1", 2}, order{"ORD-2", -1}, "no order") {
		fmt.Println(o.Index, o.Status, string(o.Output)+o.Error)
	}
	// Output:
	// 0 SUCCEEDED {"Total":24}
	// 1 FAILED QuantityNotPositive
	// 2 FAILED MapJob.InvalidInput
}

func ExampleSummarize() {
	summary := job.Summarize(func(_ context.Context, s *job.Summary) error {
		revenue := 0
		for o := range s.Results() {
			var i invoice
			if o.Status != job.Succeeded {
				continue
			}
			if err := o.Decode(&i); err != nil {
				return err
			}
			revenue += i.Total
		}
		s.Table("Revenue", []string{"currency", "total"}, [][]string{{"EUR", strconv.Itoa(revenue)}})
		s.Output(revenue)
		return nil
	}, job.WithMetrics(io.Discard)) // which go to standard output, for CloudWatch

	t := &testing.T{} // the test's own
	outcomes := jobtest.Work(t, job.Work(price, quiet), order{"ORD-1", 2}, order{"ORD-2", -1}, order{"ORD-3", 1})
	account := jobtest.Summarize(t, summary, 3, outcomes...)
	fmt.Println(account.Succeeded, account.Failed, account.Errors, string(account.Output))
	// Output:
	// 2 1 map[QuantityNotPositive:1] 36
}

func ExampleQueue() {
	worker := job.Queue(job.IgnoreResult(price), job.WithLogger(slog.New(slog.DiscardHandler)))

	t := &testing.T{} // the test's own
	fmt.Println(jobtest.Queue(t, worker, order{"ORD-1", 2}, order{"ORD-2", -1}), "comes again")
	// Output:
	// [1] comes again
}

func ExampleRetryable() {
	tries := 0
	worker := job.Work(func(context.Context, order) (string, error) {
		if tries++; tries < 3 {
			return "", job.Retryable(errors.New("the bank is busy"))
		}
		return fmt.Sprintf("paid at try %d", tries), nil
	})
	t := &testing.T{} // the test's own
	fmt.Println(string(jobtest.Work(t, worker, order{"ORD-1", 2})[0].Output))
	// Output:
	// "paid at try 3"
}

func ExampleNameOf() {
	fmt.Println(job.NameOf(job.Errorf("UnknownCurrency", "got XYZ")))
	fmt.Println(job.NameOf(fmt.Errorf("order 7: %w", job.Errorf("UnknownCurrency", "got XYZ"))))
	fmt.Println(job.NameOf(fmt.Errorf("reading: %w", &os.PathError{Op: "open", Path: "rates", Err: os.ErrNotExist})))
	fmt.Println(job.NameOf(errors.New("something")))
	// Output:
	// UnknownCurrency
	// UnknownCurrency
	// PathError
	// Error
}

func ExampleLogHandler() {
	logger := slog.New(job.LogHandler(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { // without the time, which differs
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	worker := job.Work(func(ctx context.Context, o order) (invoice, error) {
		logger.InfoContext(ctx, "pricing", "order", o.ID)
		return price(ctx, o)
	})
	t := &testing.T{} // the test's own
	jobtest.Call{Job: "Invoicing", Execution: "night-1"}.Work(t, worker, order{"ORD-1", 2})
	// Output:
	// level=INFO msg=pricing order=ORD-1 job=Invoicing execution=night-1 index=0
}

// Options set what a handler uses in place of the defaults.
func ExampleOption() {
	settings, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("eu-central-1"))
	if err != nil {
		slog.Error("no AWS configuration", "error", err)
		os.Exit(1)
	}
	client := s3.NewFromConfig(settings, func(o *s3.Options) { o.UseAccelerate = true })
	_ = job.Work(price, job.Concurrency(8), job.WithS3(client)) // for lambda.Start
}

// A function that is not part of a job has names for its errors too.
func ExampleFunction() {
	type request struct{ Month string }
	closeBooks := job.Function(func(_ context.Context, r request) (string, error) {
		if r.Month == "" {
			return "", job.Errorf("NoMonth", "got no month, expected one such as 2026-11")
		}
		return "closed " + r.Month, nil
	}) // for lambda.Start

	for _, payload := range []string{`{"Month": "2026-11"}`, `{}`} {
		answer, err := closeBooks.Invoke(context.Background(), []byte(payload))
		fmt.Println(string(answer), err != nil && job.NameOf(err) == "NoMonth")
	}
	// Output:
	// "closed 2026-11" false
	//  true
}
