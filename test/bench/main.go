package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	out := flag.String("out", "bench.json", "the `file` to write the figures to")
	only := flag.String("only", "", "measure only the figures whose name matches the `pattern`")
	runs := flag.Int("runs", 5, "the number of runs that a figure is the median of")
	million := flag.Bool("million", false, "run a Distributed Map of a million items, print the peak of resident memory and stop")
	summary := flag.String("summary", "", "summarize a million results of the S3 at the `URL`, print the peak of resident memory and stop")
	flag.Parse()
	switch {
	case *million:
		return printMillionPeak()
	case *summary != "":
		return printSummaryPeak(*summary)
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if *runs < 1 {
		return fmt.Errorf("got %d runs, expected at least 1", *runs)
	}
	fmt.Printf("%s/%s, %d cores, %s, medians of %d runs\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), *runs)
	var results []result
	for _, f := range figures {
		if !pattern.MatchString(f.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s\n", f.name)
		r, err := f.measure(*runs)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Fprintf(os.Stderr, "\t%s %s, peer %s, ratio %s\n", readable(r.Value), r.Unit, readable(r.Peer), readable(r.Ratio))
		results = append(results, r)
	}
	if len(results) == 0 {
		return fmt.Errorf("got the pattern %q, which no figure matches", *only)
	}
	if err := writeTable(os.Stdout, results); err != nil {
		return err
	}
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o644)
}
