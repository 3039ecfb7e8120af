// Command seeds runs the architectures with duplicate deliveries and answers
// that are lost after the work, once for each seed, and counts what came of it:
// orders that were lost, invoiced twice or miscounted, and whether the summary
// came, came twice, or came before the work was done. The truth is counted from
// outside: what each order comes to is known, and every write of an invoice is
// seen.
//
//	go run ./test/architectures/seeds            # 100 seeds, some minutes
//	go run ./test/architectures/seeds -seeds 5 -v
//
// A job has no queue. The same share of its workers' invocations loses its
// answer after the work, as a worker does that is out of memory at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/local/cloud"
)

// architectures are those that can be counted: the event handler has neither a
// queue nor an account.
var architectures = []string{"queue-fanout", "tracked-fanout", "map-job"}

type settings struct {
	seeds, orders   int
	duplicate, lost float64
	verbose         bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "seeds:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var s settings
	flag.IntVar(&s.seeds, "seeds", 100, "how many `seeds`, from 1")
	flag.IntVar(&s.orders, "orders", 200, "how many `orders` a run has")
	flag.Float64Var(&s.duplicate, "duplicate", 0.05, "the `share` of messages that are delivered twice")
	flag.Float64Var(&s.lost, "lost", 0.05, "the `share` of invocations whose answer is lost after the work")
	flag.BoolVar(&s.verbose, "v", false, "print each run")
	flag.Parse()
	if flag.NArg() > 0 || s.seeds < 1 || s.orders < 1 {
		return errors.New("expected -seeds and -orders of at least 1, and no arguments")
	}
	folder, err := os.MkdirTemp("", "seeds")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	var rows []row
	for _, architecture := range architectures {
		fmt.Fprintf(os.Stderr, "%s: synthesizing\n", architecture)
		assembly, err := cloud.Synthesize(ctx, "", map[string]string{"architecture": architecture}, filepath.Join(folder, architecture))
		if err != nil {
			return err
		}
		stack, err := assembly.Stack("")
		if err != nil {
			return err
		}
		r := row{architecture: architecture}
		for seed := 1; seed <= s.seeds; seed++ {
			result, err := once(ctx, stack, s, uint64(seed), filepath.Join(folder, fmt.Sprintf("%s-%d", architecture, seed)))
			if err != nil {
				return fmt.Errorf("%s, seed %d: %w", architecture, seed, err)
			}
			if s.verbose {
				fmt.Fprintf(os.Stderr, "%s, seed %d: %+v\n", architecture, seed, result)
			}
			r.add(result)
		}
		rows = append(rows, r)
	}
	fmt.Printf("%d seeds, %d orders each; %g%% of messages delivered twice, %g%% of answers lost after the work\n\n",
		s.seeds, s.orders, 100*s.duplicate, 100*s.lost)
	fmt.Print(table(rows))
	return nil
}

// row is what came of all seeds of an architecture.
type row struct {
	architecture                          string
	runs, counted, summing                int // those that have an account, and a summary
	lost, twice                           int // orders
	lostIn, twiceIn, miscountedIn, noneIn int // runs
	againIn, earlyIn                      int
}

func (r *row) add(x outcome) {
	r.runs++
	r.lost += x.lost
	r.twice += x.twice
	for _, c := range []struct {
		holds bool
		in    *int
	}{
		{x.lost > 0, &r.lostIn}, {x.twice > 0, &r.twiceIn},
		{x.counts, &r.counted}, {x.counts && x.miscounted != 0, &r.miscountedIn},
		{x.summarizes, &r.summing}, {x.summarizes && x.summaries == 0, &r.noneIn}, {x.summarizes && x.summaries > 1, &r.againIn}, {x.early, &r.earlyIn},
	} {
		if c.holds {
			*c.in++
		}
	}
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| architecture | orders lost | invoiced twice | miscounted | no summary | summary twice | summary early |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- |\n")
	in := func(n, runs int, has bool) string {
		if !has {
			return "nobody counts"
		}
		return fmt.Sprintf("in %d of %d runs", n, runs)
	}
	summary := func(n int, r row) string {
		if r.summing == 0 {
			return "there is none"
		}
		return in(n, r.runs, true)
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %d, in %d runs | %d, in %d runs | %s | %s | %s | %s |\n", r.architecture, r.lost, r.lostIn, r.twice, r.twiceIn,
			in(r.miscountedIn, r.runs, r.counted > 0), summary(r.noneIn, r), summary(r.againIn, r), summary(r.earlyIn, r))
	}
	return b.String()
}
