// Command run soaks jobs of every form: it runs TestSoak of test/soak with many
// seeds, one process for each form, and prints what was reached.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/number"
)

// testPackage is the folder of the test.
const testPackage = "test/soak"

func main() {
	seeds := flag.Int("seeds", 10_000, fmt.Sprintf("number of seeds of each form, at least %d", fewest))
	only := flag.String("form", "", "run only this form")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := &soak{seeds: *seeds, only: *only, out: os.Stdout}
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// soak runs the forms, several at once.
type soak struct {
	seeds int
	only  string
	out   io.Writer

	mutex sync.Mutex
}

// fewest is the number of seeds from which sweeps reach every invariant: four of each
// policy.
const fewest = 20

func (s *soak) run(ctx context.Context) error {
	if s.seeds < fewest {
		return fmt.Errorf("-seeds: got %d, expected at least %d: fewer do not reach every invariant", s.seeds, fewest)
	}
	folder, err := os.MkdirTemp("", "mapjob-soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "soak.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./"+testPackage)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the test: %w", err)
	}
	forms := forms()
	results := make([]*result, len(forms))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := range next {
				results[i] = s.form(ctx, binary, forms[i])
			}
		})
	}
	for i, f := range forms {
		if s.only == "" || s.only == f.name {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	return summarize(s.out, forms, results, s.seeds)
}

// form runs the sweeps of a form in another process.
func (s *soak) form(ctx context.Context, binary string, f form) *result {
	begun := time.Now()
	r := newResult()
	each := max(1, s.seeds/f.policies)
	command := exec.CommandContext(ctx, "go", "tool", "test2json", binary, "-test.v=test2json", "-test.timeout=0", "-test.run=^TestSoak$",
		"-soak.form="+f.name, "-sfntest.seeds="+strconv.Itoa(each))
	command.Dir = testPackage
	command.Env = append(os.Environ(), "GOMAXPROCS=1")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		r.problem("%v", err)
		return r
	}
	err = r.read(output, func(failure string) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		fmt.Fprintln(s.out, strings.TrimRight(failure, "\n"))
	})
	if ended := command.Wait(); err == nil && ended != nil && r.violations() == 0 {
		err = ended
	}
	if err != nil {
		r.problem("%v", err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	fmt.Fprintf(s.out, "%-10s %s in %s, %d violations\n", f.name, number.Of(r.seeds(), "seed"), time.Since(begun).Round(time.Second), r.violations())
	return r
}
