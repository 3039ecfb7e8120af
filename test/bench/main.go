package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/kit"
	"github.com/mapjob/mapjob/test/bench/mapstate"
	"github.com/mapjob/mapjob/test/bench/planner"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	out := flag.String("out", "bench.json", "the `file` for the figures")
	runs := flag.Int("runs", 5, "the number of runs of each figure")
	million := flag.Bool("million", false, "only run a Distributed Map of a million items and print the peak of resident memory")
	simulate := flag.Bool("simulate", false, "only simulate ten million child executions and print the peak of resident memory")
	summary := flag.String("summary", "", "only summarize a million results of the S3 at the `URL` and print the peak of resident memory")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: bench [flags] [NAME...]\n\nA NAME is that of a figure (kit/batch-overhead) or of a group (kit). No NAME means all figures.")
		flag.PrintDefaults()
	}
	flag.Parse()
	switch {
	case *million:
		return figure.PrintPeak(mapstate.Million)
	case *simulate:
		return figure.PrintPeak(planner.Simulate)
	case *summary != "":
		return figure.PrintPeak(func() error { return kit.Summarize(*summary) })
	}
	if *runs < 1 {
		return fmt.Errorf("-runs: got %d, expected at least 1", *runs)
	}
	selected, err := figure.Named(figures(), flag.Args())
	if err != nil {
		return err
	}
	fmt.Printf("%s/%s, %d cores, %s, medians of %d runs\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), *runs)
	var results []figure.Result
	for _, f := range selected {
		fmt.Fprintln(os.Stderr, "measuring", f.Name)
		r, err := f.Measure(*runs)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		fmt.Fprintf(os.Stderr, "\t%s\n", &r)
		results = append(results, r)
	}
	if err := figure.WriteTable(os.Stdout, results); err != nil {
		return err
	}
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o644)
}
