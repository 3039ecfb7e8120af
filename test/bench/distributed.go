package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
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

func newDistributed(items int) (machine, error) {
	return newMachine(distributedMap, engine.WithIntegration("arn:aws:states:::lambda:invoke", echo), engine.WithObjects(generated{items}))
}

// distributedCost compares one Map of a million items with a hundred of 10,000.
func distributedCost(*workplace) (sides, error) {
	few, err := newDistributed(10_000)
	if err != nil {
		return sides{}, err
	}
	many, err := newDistributed(1_000_000)
	if err != nil {
		return sides{}, err
	}
	input := []byte(`{}`)
	return sides{
		ours: func() (float64, error) { return perItem(1_000_000, func() error { return many.run(input) }) },
		peer: func() (float64, error) {
			return perItem(1_000_000, func() error { return times(100, func() error { return few.run(input) }) })
		},
	}, nil
}

// millionPeak runs a million items in a process of its own, because the peak is
// that of the whole process.
func millionPeak(*workplace) (sides, error) {
	program, err := os.Executable()
	if err != nil {
		return sides{}, err
	}
	return sides{
		ours: func() (float64, error) {
			cmd := exec.Command(program, "-million")
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return 0, err
			}
			return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		},
		peer: always(200),
	}, nil
}

// printMillionPeak runs a million items and prints the peak of resident memory in
// megabytes.
func printMillionPeak() error {
	m, err := newDistributed(1_000_000)
	if err != nil {
		return err
	}
	if err := m.run([]byte(`{}`)); err != nil {
		return err
	}
	bytes, err := peakBytes()
	if err != nil {
		return err
	}
	fmt.Println(float64(bytes) / 1e6)
	return nil
}

// peakBytes returns the peak of this process's resident memory. On a system
// without /proc it returns all memory that the Go runtime has reserved, which is
// more.
func peakBytes() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if os.IsNotExist(err) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.Sys, nil
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kibibytes, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kibibytes << 10, err
		}
	}
	return 0, errors.New("got no VmHWM in /proc/self/status, expected one")
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
