// Command canary is a function of one kind that fails in the way that its items
// say, with an error that has the item in it.
package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/mapjob/mapjob/job"
)

// item is what an item is decoded to. It fails if its text says so.
type item struct{ text string }

func (i *item) UnmarshalJSON(text []byte) error {
	i.text = strings.Trim(string(text), `"`)
	if strings.HasPrefix(i.text, "undecodable") {
		panic("can't decode " + i.text)
	}
	if !strings.HasPrefix(string(text), `"`) {
		return fmt.Errorf("got %s, expected a string", text)
	}
	return nil
}

// result fails to be encoded if its text says so.
type result struct{ text string }

func (r result) MarshalJSON() ([]byte, error) {
	if strings.HasPrefix(r.text, "unencodable") {
		panic("can't encode " + r.text)
	}
	return fmt.Appendf(nil, "%q", r.text), nil
}

func do(ctx context.Context, i item) (result, error) {
	switch how, _, _ := strings.Cut(i.text, " "); how {
	case "error":
		return result{}, errors.New("failed at " + i.text)
	case "named":
		return result{}, job.Errorf("Refused", "order of %s", i.text)
	case "panic":
		panic("at " + i.text)
	case "panicError":
		panic(fmt.Errorf("at %s", i.text))
	case "exit":
		runtime.Goexit()
	case "timeout":
		<-ctx.Done()
		return result{}, fmt.Errorf("%s: %w", i.text, ctx.Err())
	case "large":
		return result{strings.Repeat(i.text, 30_000)}, nil
	}
	return result{i.text}, nil
}

func one(ctx context.Context, i item) iter.Seq2[result, error] {
	return func(yield func(result, error) bool) { yield(do(ctx, i)) }
}

func main() {
	var options []job.Option
	if os.Getenv("LOG_DATA") != "" {
		options = append(options, job.LogData())
	}
	work := []job.WorkOption{job.Tries(1)}
	for _, o := range options {
		work = append(work, o)
	}
	var h job.Handler
	switch os.Getenv("KIND") {
	case "start":
		h = job.Start(one, options...)
	case "work":
		h = job.Work(do, work...)
	case "once":
		h = job.Work(do, append(work, job.Once("Table", func(i item) string { return i.text }))...)
	case "queue":
		h = job.Queue(job.IgnoreResult(do), work...)
	case "callback":
		h = job.Callback(func(ctx context.Context, i item, _ string) error { _, err := do(ctx, i); return err }, options...)
	case "function":
		h = job.Function(do, options...)
	case "summarize":
		h = job.Summarize(func(ctx context.Context, s *job.Summary) error {
			var i item
			for o := range s.Results() {
				i.text = strings.Trim(string(o.Output), `"`)
			}
			r, err := do(ctx, i)
			s.Output(r)
			return err
		}, options...)
	}
	lambda.Start(h)
}
