// Command seeds runs the architectures with two faults, once for each seed:
// messages that are delivered twice, and answers that are lost after the work is
// done. It counts the orders that were lost, invoiced twice or miscounted, the
// runs that failed, and the summaries that were missing, repeated or early. It
// knows which orders are valid and sees every invoice that is written, so it
// does not rely on what an architecture reports.
//
//	go run ./test/architectures/seeds            # 100 seeds, some minutes
//	go run ./test/architectures/seeds -seeds 5 -v map-job
//
// Every message of a queue may be delivered twice, and every invocation of a
// function behind a queue may lose its answer, as a function does that runs out of
// memory at the end. A job has no queue: every invocation of its job start, its
// worker and its summary may lose its answer. Functions that the event invokes
// directly, handlers and producers, have no faults, because a retry of them would
// repeat the whole run.
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

	"github.com/mapjob/mapjob/internal/synthesis"
	"github.com/mapjob/mapjob/internal/template"
)

// architectures lists the architectures to run. The event handler is not among
// them, because it has neither a queue nor an account.
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
	if errors.Is(err, flag.ErrHelp) { // already printed
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
	flags.IntVar(&s.seeds, "seeds", 100, "the number of `seeds`, beginning with 1")
	flags.IntVar(&s.orders, "orders", 500, "the number of `orders` in a run")
	flags.Float64Var(&s.duplicate, "duplicate", 0.05, "the `share` of messages delivered twice, from 0 to 1")
	flags.Float64Var(&s.lost, "lost", 0.05, "the `share` of answers lost after the work, from 0 to 1")
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
		refuse(!slices.Contains(architectures, name), "architecture: got %q, expected one of: %s", name, strings.Join(architectures, ", "))
	}
	refuse(s.seeds < 1, "-seeds: got %d, expected at least 1", s.seeds)
	refuse(s.orders < 1, "-orders: got %d, expected at least 1", s.orders)
	for name, share := range map[string]float64{"-duplicate": s.duplicate, "-lost": s.lost} {
		refuse(!(share >= 0 && share <= 1), "%s: got %g, expected a share from 0 to 1", name, share)
	}
	return s, errors.Join(errs...)
}

// run runs all seeds and prints the table. After an error, the table has the runs
// before it.
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

// count runs an architecture with each seed.
func (r *row) count(ctx context.Context, s settings, folder string) error {
	fmt.Fprintf(os.Stderr, "%s: synthesizing\n", r.architecture)
	out := filepath.Join(folder, r.architecture)
	app, err := synthesis.New("", map[string]string{"architecture": r.architecture})
	if err != nil {
		return err
	}
	if err := app.Synthesize(ctx, out); err != nil {
		return err
	}
	assembly, err := template.Read(out)
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
