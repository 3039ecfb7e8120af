package main

import (
	"fmt"
	"strings"
)

// row adds up the outcomes of an architecture.
type row struct {
	architecture              string
	runs, counting, summing   int // all runs, and those with an account and with a summary
	answers, messages         int // answers lost, and messages delivered twice
	lost, twice               int // orders
	lostIn, twiceIn, failedIn int // runs
	miscountedIn, noneIn      int
	againIn, earlyIn          int
}

func (r *row) add(x outcome) {
	r.runs++
	r.answers += x.answers
	r.messages += x.messages
	r.lost += x.lost
	r.twice += x.twice
	for _, c := range []struct {
		holds bool
		in    *int
	}{
		{x.failed, &r.failedIn}, {x.lost > 0, &r.lostIn}, {x.twice > 0, &r.twiceIn},
		{x.counts, &r.counting}, {x.counts && x.miscounted != 0, &r.miscountedIn},
		{x.summarizes, &r.summing}, {x.summarizes && x.summaries == 0, &r.noneIn}, {x.summarizes && x.summaries > 1, &r.againIn}, {x.early, &r.earlyIn},
	} {
		if c.holds {
			*c.in++
		}
	}
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| architecture | answers lost | messages twice | orders lost | invoiced twice | failed | miscounted | no summary | summary twice | summary early |\n")
	b.WriteString("| --- | ---: | ---: | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		in := func(n int) string { return fmt.Sprintf("in %d of %d runs", n, r.runs) }
		orders := func(n, runs int) string {
			if n == 0 {
				return "none"
			}
			return fmt.Sprintf("%d, %s", n, in(runs))
		}
		only := func(has int, n int, without string) string {
			if has == 0 {
				return without
			}
			return in(n)
		}
		summary := func(n int) string { return only(r.summing, n, "no summary") }
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %s | %s | %s | %s | %s | %s |\n", r.architecture, r.answers, r.messages, orders(r.lost, r.lostIn), orders(r.twice, r.twiceIn),
			in(r.failedIn), only(r.counting, r.miscountedIn, "not counted"), summary(r.noneIn), summary(r.againIn), summary(r.earlyIn))
	}
	return b.String()
}
