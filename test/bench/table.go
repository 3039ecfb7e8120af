package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// writeTable writes the results as a table.
func writeTable(w io.Writer, results []result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tVALUE\tPEER\tRATIO\tTARGET\tREACHED\tPEER IS")
	for _, r := range results {
		reached := "yes"
		switch {
		case r.figure.targets() == "":
			reached = "-"
		case !r.reached():
			reached = "NO"
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", r.Name, readable(r.Value), r.Unit, readable(r.Peer), readable(r.Ratio),
			r.figure.targets(), reached, r.figure.peer)
	}
	return t.Flush()
}

// targets describes the targets.
func (f figure) targets() string {
	var words []string
	if f.value != (target{}) {
		words = append(words, f.value.String()+" "+f.unit)
	}
	if f.ratio != (target{}) {
		words = append(words, "ratio "+f.ratio.String())
	}
	return strings.Join(words, ", ")
}

func (t target) String() string {
	if t.upper {
		return "<= " + readable(t.limit)
	}
	return ">= " + readable(t.limit)
}

// readable formats a number with at least three digits, and with commas.
func readable(v float64) string {
	switch a := math.Abs(v); {
	case a < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	text := strconv.FormatFloat(v, 'f', 0, 64)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
