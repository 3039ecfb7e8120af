package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/sqs"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
)

// night is the event of all runs. The job's ID is fixed, because the text of a
// message decides whether a fault strikes it.
const night = `{"date": "2026-11-01", "jobId": "night"}`

// once runs an architecture with the faults of a seed.
func once(ctx context.Context, synthesized *template.Stack, s settings, seed uint64, folder string) (_ outcome, err error) {
	list, err := orders(s.orders, seed)
	if err != nil {
		return outcome{}, err
	}
	t, err := truthOf(list)
	if err != nil {
		return outcome{}, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(folder)
	c, err := stack.Start(ctx, synthesized, stack.Options{
		Folder: folder, Written: t.wrote,
		QueueFaults: sqs.Faults{Seed: seed, Duplicate: s.duplicate, LostAnswer: s.lost},
		Delivered: func(d invocation.Delivery) {
			if strings.Contains(d.Function, "Summary") && d.FunctionError == "" && len(d.Failed) == 0 {
				t.summarized()
			}
		},
	})
	if err != nil {
		return outcome{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	due := func(yield func(json.RawMessage, error) bool) {
		for _, record := range list {
			if !yield(record, nil) {
				return
			}
		}
	}
	if _, err := c.Seed(ctx, "Orders", iter.Seq2[json.RawMessage, error](due)); err != nil {
		return outcome{}, err
	}
	entry, err := c.Entry()
	if err != nil {
		return outcome{}, err
	}
	if entry == "" {
		if err := t.runJob(ctx, c, s, seed); err != nil {
			return outcome{}, err
		}
		return t.outcome(true, t.report), nil
	}
	tally, err := t.runEvent(ctx, c, entry)
	if err != nil {
		return outcome{}, err
	}
	if err := c.Close(); err != nil { // flushes the logs
		return outcome{}, err
	}
	if tally != nil {
		if t.early, err = askedEarly(filepath.Join(folder, "logs"), len(list)); err != nil {
			return outcome{}, err
		}
	}
	t.answers = len(c.LostAnswers())
	x := t.outcome(tally != nil, tally)
	x.messages = len(c.Duplicates())
	return x, nil
}
