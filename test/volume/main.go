//go:build linux

// Command volume runs the sample's job over many orders, each of which becomes an invoice,
// and shows whether rate and memory stay the same from its start to its end:
//
//	go run ./test/volume -n 1000000
//
// It works in the current folder, which is that of the sample, and needs Linux. It removes
// what the run leaves behind.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 1_000_000, "the number of orders")
	flag.Parse()
	if err := run(*n); err != nil {
		log.Fatal(err)
	}
}

func run(n int) (err error) {
	folder, err := os.MkdirTemp("", "mapjob-volume-")
	if err != nil {
		return err
	}
	defer func() {
		if failed := os.RemoveAll(folder); err == nil {
			err = failed
		}
	}()
	command, orders := filepath.Join(folder, "mapjob"), filepath.Join(folder, "orders.jsonl")
	if err := do(os.Stderr, "go", "build", "-o", command, "./cmd/mapjob"); err != nil {
		return err
	}
	file, err := os.Create(orders)
	if err != nil {
		return err
	}
	if err := do(file, "go", "run", "./test/ordergen", "-n", strconv.Itoa(n)); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	// The first run builds everything, and the second one is measured.
	for _, items := range []string{"examples/orders.jsonl", orders} {
		w := &watched{total: n}
		answer, err := w.run(command, "run", "--items", items, "--input", "examples/night.json", "--json", "--keep-runs", "1000000")
		if err != nil {
			return err
		}
		if items == orders {
			if err := w.print(answer); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(answer.RunDir); err != nil {
			return err
		}
	}
	return nil
}

func do(to io.Writer, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = to, os.Stderr
	return cmd.Run()
}

// answer holds what mapjob run --json prints.
type answer struct {
	Status     string
	Items      struct{ Total, Succeeded, Failed, Missing int }
	DurationMs int64
	RunDir     string
}

// watched holds what was seen of a run.
type watched struct {
	total   int
	samples []sample
	last    time.Time // of the items
	took    time.Duration
	ended   time.Time
}

// sample holds what was seen at one time.
type sample struct {
	at     time.Time
	done   int
	memory map[string]int64 // bytes that are resident, by program
}

// run runs the command to its end, and takes a sample of each line about items.
func (w *watched) run(command string, args ...string) (*answer, error) {
	cmd := exec.Command(command, args...)
	var out bytes.Buffer
	cmd.Stdout = &out
	lines, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		fmt.Fprintln(os.Stderr, scanner.Text())
		if done, ok := itemsDone(scanner.Text()); ok {
			w.samples = append(w.samples, sample{time.Now(), done, memory(cmd.Process.Pid)})
			w.last = time.Now()
		}
	}
	failed := cmd.Wait()
	w.ended = time.Now()
	w.took = w.ended.Sub(began)
	var a answer
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		return nil, fmt.Errorf("mapjob run: %w", errors.Join(err, failed))
	}
	if failed != nil || a.Status != "SUCCEEDED" || a.Items.Missing > 0 {
		return nil, fmt.Errorf("mapjob run: got %s with %d of %d items missing, expected SUCCEEDED with none: %w", a.Status, a.Items.Missing, a.Items.Total, failed)
	}
	return &a, nil
}

// itemsDone returns how many items are done, by a line of progress.
func itemsDone(line string) (done int, ok bool) {
	fields := strings.Fields(strings.ReplaceAll(line, ",", ""))
	if len(fields) < 6 || fields[2] != "of" || fields[5] != "done" {
		return 0, false
	}
	_, err := fmt.Sscan(fields[1], &done)
	return done, err == nil
}

// memory returns the resident memory of a process and those that it started: their
// sum, by program.
func memory(pid int) map[string]int64 {
	bytes := map[string]int64{}
	folder := fmt.Sprintf("/proc/%d", pid)
	name, err := os.ReadFile(filepath.Join(folder, "comm"))
	statm, failed := os.ReadFile(filepath.Join(folder, "statm"))
	if err != nil || failed != nil {
		return bytes // it has ended
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(statm), &size, &resident); err == nil {
		bytes[strings.TrimSpace(string(name))] += resident * int64(os.Getpagesize())
	}
	tasks, _ := filepath.Glob(filepath.Join(folder, "task", "*", "children"))
	for _, path := range tasks {
		children, _ := os.ReadFile(path)
		for child := range strings.FieldsSeq(string(children)) {
			var id int
			if _, err := fmt.Sscan(child, &id); err != nil {
				continue
			}
			for name, resident := range memory(id) {
				bytes[name] += resident
			}
		}
	}
	return bytes
}

// print prints what was seen of the first tenth of the items, of the last one, and after
// the items.
func (w *watched) print(a *answer) error {
	if len(w.samples) < 3 {
		return fmt.Errorf("got %d lines about items, expected some of the first tenth and some of the last: -n has to be larger", len(w.samples))
	}
	fmt.Printf("%d orders, %d invoices, in %.0f s, %.0f a second\n", a.Items.Total, a.Items.Succeeded, float64(a.DurationMs)/1000, float64(a.Items.Total)*1000/float64(a.DurationMs))
	for tenth := range 10 {
		w.printTenth(tenth)
	}
	fmt.Printf("summary and report: %.1f s after the last line about items; the whole command: %.1f s\n", w.ended.Sub(w.last).Seconds(), w.took.Seconds())
	files, bytes, err := usage(a.RunDir)
	fmt.Printf("left behind: %d files and folders, %d MB on disk\n", files, bytes>>20)
	return err
}

func (w *watched) printTenth(tenth int) {
	var first, last *sample
	most := map[string]int64{}
	for i := range w.samples {
		s := &w.samples[i]
		if s.done < w.total/10*tenth || s.done > w.total/10*(tenth+1) {
			continue
		}
		if first == nil {
			first = s
		}
		last = s
		for name, bytes := range s.memory {
			most[name] = max(most[name], bytes)
		}
	}
	if first == nil || first == last {
		return
	}
	rate := float64(last.done-first.done) / last.at.Sub(first.at).Seconds()
	fmt.Printf("tenth %2d: %6.0f a second, at most %4d MB in mapjob, %4d MB in the functions, %4d MB in DynamoDB\n",
		tenth+1, rate, most["mapjob"]>>20, most["bootstrap"]>>20, (most["node"]+most["MainThread"])>>20)
}

// usage returns how many files and folders a folder has, and what they take on disk.
func usage(folder string) (files int, bytes int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			bytes += stat.Blocks * 512
		}
		return nil
	})
	return files, bytes, err
}
