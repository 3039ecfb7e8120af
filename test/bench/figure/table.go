package figure

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the results as a table.
func WriteTable(w io.Writer, results []Result) error {
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
			r.figure.targets(), reached, r.figure.Peer)
	}
	return t.Flush()
}

// targets describes the targets.
func (f Figure) targets() string {
	var words []string
	if f.Value != (Target{}) {
		words = append(words, f.Value.String()+" "+f.Unit)
	}
	if f.Ratio != (Target{}) {
		words = append(words, "ratio "+f.Ratio.String())
	}
	return strings.Join(words, ", ")
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
