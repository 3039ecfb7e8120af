package mapstate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/test/bench/figure"
)

// distributedMap reads lines, groups them into batches of a hundred, and writes
// results.
const distributedMap = `{"QueryLanguage":"JSONata","StartAt":"Map","States":{"Map":{"Type":"Map","Label":"Map","End":true,
	"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL"},"Arguments":{"Bucket":"in","Key":"items.jsonl"}},
	"ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","item":"{% $states.context.Map.Item.Value %}"},
	"ItemBatcher":{"MaxItemsPerBatch":100,"BatchInput":{"execution":"{% $states.context.Execution.Id %}"}},
	"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"out","Prefix":"results"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},
	"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Work","States":{
		"Work":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"work","Payload":"{% $states.input %}"},"Output":"{% $states.result.Payload.Items %}","End":true}}}}}}`

// millionPeak measures the peak of memory of a process that only runs a million items.
func millionPeak(*figure.Workplace) (figure.Sides, error) {
	return figure.Sides{Ours: figure.PeakOf("-million"), Peer: figure.Always(200)}, nil
}

// Million runs a Distributed Map of a million items.
func Million() error {
	m, err := newDistributed(1_000_000)
	if err != nil {
		return err
	}
	return m.run([]byte(`{}`))
}

func newDistributed(items int) (machine, error) {
	return newMachine(distributedMap, engine.WithIntegration("arn:aws:states:::lambda:invoke", echo), engine.WithObjects(generated{items}))
}

// distributedCost compares one Map of a million items with a hundred of 10,000.
func distributedCost(*figure.Workplace) (figure.Sides, error) {
	few, err := newDistributed(10_000)
	if err != nil {
		return figure.Sides{}, err
	}
	many, err := newDistributed(1_000_000)
	if err != nil {
		return figure.Sides{}, err
	}
	input := []byte(`{}`)
	return figure.Sides{
		Ours: func() (float64, error) { return figure.PerItem(1_000_000, func() error { return many.run(input) }) },
		Peer: func() (float64, error) {
			return figure.PerItem(1_000_000, func() error { return figure.Times(100, func() error { return few.run(input) }) })
		},
	}, nil
}

// generated is an object store whose only object has the given number of lines.
// It discards what is written to it.
type generated struct{ lines int }

func (g generated) Open(context.Context, string, string) (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		lines := bufio.NewWriterSize(w, 1<<16)
		for i := range g.lines {
			// If the reader is gone, Flush returns the error.
			fmt.Fprintf(lines, `{"order":"order-%08d","customer":%d,"amount":%d,"due":"2026-11-23T00:00:00Z"}`+"\n", i, i%977, i%10007)
		}
		w.CloseWithError(lines.Flush())
	}()
	return r, nil
}

func (generated) List(context.Context, string, string) iter.Seq2[engine.ObjectInfo, error] {
	return func(func(engine.ObjectInfo, error) bool) {}
}

func (generated) Create(context.Context, string, string) (io.WriteCloser, error) {
	return dropped{io.Discard}, nil
}

type dropped struct{ io.Writer }

func (dropped) Close() error { return nil }
