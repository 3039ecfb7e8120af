// Command seeds runs the architectures with duplicate deliveries and answers
// that are lost after the work, once for each seed, and counts what came of it:
// orders that were lost, invoiced twice or miscounted, runs that failed, and
// whether the summary came, came twice, or was asked for before the work was
// done. The truth is counted from outside: what each order comes to is known,
// and every write of an invoice is seen.
//
//	go run ./test/architectures/seeds            # 100 seeds, some minutes
//	go run ./test/architectures/seeds -seeds 5 -v map-job
//
// What is struck: every message of a queue may come twice, and every invocation
// of a function behind a queue may lose its answer after the work, as that of a
// function does which is out of memory at the end. A job has no queue: every
// invocation of its functions, job start, worker and summary, may lose its
// answer. The functions that the event itself invokes, handlers and producers,
// are not struck: they would do all of it again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/mapjob/mapjob/internal/template"
)

// architectures are those that can be counted: the event handler has neither a
// queue nor an account.
var architectures = []string{"queue-fanout", "tracked-fanout", "map-job"}

type settings struct {
	seeds, orders   int
	duplicate, lost float64
	verbose         bool
	architectures   []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) { // which has been given
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "seeds:", err)
		os.Exit(1)
	}
}

// parse reads the command line.
func parse(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("seeds", flag.ContinueOnError)
	flags.IntVar(&s.seeds, "seeds", 100, "how many `seeds`, from 1")
	flags.IntVar(&s.orders, "orders", 500, "how many `orders` a run has")
	flags.Float64Var(&s.duplicate, "duplicate", 0.05, "the `share` of messages that are delivered twice, 0 to 1")
	flags.Float64Var(&s.lost, "lost", 0.05, "the `share` of invocations whose answer is lost after the work, 0 to 1")
	flags.BoolVar(&s.verbose, "v", false, "print each run")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	s.architectures = architectures
	if flags.NArg() > 0 {
		s.architectures = flags.Args()
	}
	for _, name := range s.architectures {
		refuse(!slices.Contains(architectures, name), "got architecture %q, expected one of: %s", name, strings.Join(architectures, ", "))
	}
	refuse(s.seeds < 1, "-seeds: got %d, expected at least 1", s.seeds)
	refuse(s.orders < 1, "-orders: got %d, expected at least 1", s.orders)
	for name, share := range map[string]float64{"-duplicate": s.duplicate, "-lost": s.lost} {
		refuse(!(share >= 0 && share <= 1), "%s: got %g, expected a share from 0 to 1", name, share)
	}
	return s, errors.Join(errs...)
}

// run prints the table of what has been counted, all of it or what there was
// until the error.
func run(ctx context.Context, args []string) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "seeds")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	var rows []row
	for _, architecture := range s.architectures {
		r := row{architecture: architecture}
		err = r.count(ctx, s, folder)
		if r.runs > 0 {
			rows = append(rows, r)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", architecture, err)
			break
		}
	}
	fmt.Printf("%d seeds, %d orders each; %g%% of messages delivered twice, %g%% of answers lost after the work\n\n",
		s.seeds, s.orders, 100*s.duplicate, 100*s.lost)
	fmt.Print(table(rows))
	return err
}

// count runs an architecture with all seeds.
func (r *row) count(ctx context.Context, s settings, folder string) error {
	fmt.Fprintf(os.Stderr, "%s: synthesizing\n", r.architecture)
	assembly, err := template.Synthesize(ctx, "", map[string]string{"architecture": r.architecture}, filepath.Join(folder, r.architecture))
	if err != nil {
		return err
	}
	synthesized, err := assembly.Stack("")
	if err != nil {
		return err
	}
	for seed := 1; seed <= s.seeds; seed++ {
		result, err := once(ctx, synthesized, s, uint64(seed), filepath.Join(folder, fmt.Sprintf("%s-%d", r.architecture, seed)))
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		if s.verbose {
			fmt.Fprintf(os.Stderr, "%s, seed %d: %+v\n", r.architecture, seed, result)
		}
		r.add(result)
	}
	return nil
}
