package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/mapjob/mapjob/internal/stack"
)

// runEvent sends the event and waits until the queues are empty and all functions
// have ended. It returns the tally in the table of jobs, or nil if the
// architecture has no such table.
func (t *truth) runEvent(ctx context.Context, c *stack.Stack, entry string) (*account, error) {
	ended, err := c.InvokeEvent(entry, []byte(night))
	if err != nil {
		return nil, err
	}
	if err := c.Drain(ctx); err != nil {
		return nil, err
	}
	r := <-ended
	if r.Err != nil {
		return nil, r.Err
	}
	t.failed = r.Condition != "Success"
	var tally *account
	for _, table := range c.Tables() {
		if table.ID != "Jobs" {
			continue
		}
		tally = &account{}
		for record, err := range c.Records(ctx, table.Name) {
			if err != nil {
				return nil, err
			}
			var job struct{ Finished, Failed int }
			if err := json.Unmarshal(record, &job); err != nil {
				return nil, err
			}
			tally.succeeded += job.Finished
			tally.failed += job.Failed
		}
	}
	return tally, nil
}

// askedEarly reports whether an order had not been counted when the summary was
// asked for. The functions log the tally after each order, and the tally at which
// the summary was asked for. DynamoDB counts orders one by one, so the tallies
// give the sequence of events on any machine.
func askedEarly(folder string, orders int) (bool, error) {
	logs, err := filepath.Glob(filepath.Join(folder, "*.log"))
	if err != nil {
		return false, err
	}
	counted, asked := map[int]string{}, -1 // orders by the tally
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			return false, err
		}
		for line := range bytes.Lines(text) {
			switch entry := parseLine(line); entry.Message {
			case "counted":
				counted[entry.Tally] = entry.Order
			case "the tally is full":
				asked = entry.Tally
			}
		}
	}
	if asked < 0 {
		return false, nil
	}
	before := map[string]bool{}
	for tally := 1; tally <= asked; tally++ {
		order, ok := counted[tally]
		if !ok {
			return false, fmt.Errorf("logs: got no order with the tally %d, expected one", tally)
		}
		before[order] = true
	}
	return len(before) < orders, nil
}

// entry is a line that the functions log.
type entry struct {
	Message, Order string
	Tally          int
}

// textLine is a line of slog's default logger.
var textLine = regexp.MustCompile(`INFO (counted|the tally is full) (?:order=(\S+)|job=\S+) tally=(\d+)`)

// parseLine parses a line of text or JSON: the consumer logs text, and the producer
// JSON. Other lines give no message.
func parseLine(line []byte) (e entry) {
	if fields := textLine.FindSubmatch(line); fields != nil {
		tally, _ := strconv.Atoi(string(fields[3])) // only digits
		return entry{string(fields[1]), string(fields[2]), tally}
	}
	_ = json.Unmarshal(line, &e) // fails for the lines of Lambda
	return e
}
