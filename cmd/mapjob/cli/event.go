package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/job/report"
	"github.com/mapjob/mapjob/local/cloud"
)

// witness counts what happens in a stack that has no job, from where it can be
// seen: whatever the stack itself knows or forgets.
type witness struct {
	mutex     sync.Mutex
	written   map[string]int // how often each object was written, by bucket/key
	consumers map[string]*consumed
}

// consumed is what a function behind a queue was given.
type consumed struct {
	Function    string `json:"function"`
	Queue       string `json:"queue"`
	Invocations int    `json:"invocations"`
	Messages    int    `json:"messages"`    // each counted once
	Repeated    int    `json:"repeated"`    // deliveries of a message that had been delivered before
	Failed      int    `json:"failed"`      // deliveries that failed
	LostAnswers int    `json:"lostAnswers"` // of invocations whose work was done

	seen map[string]bool
}

func newWitness() *witness {
	return &witness{written: map[string]int{}, consumers: map[string]*consumed{}}
}

func (w *witness) wrote(bucket, key string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.written[bucket+"/"+key]++
}

func (w *witness) delivered(d cloud.Delivery) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	c := w.consumers[d.Function]
	if c == nil {
		c = &consumed{Function: d.Function, Queue: d.Queue, seen: map[string]bool{}}
		w.consumers[d.Function] = c
	}
	c.Invocations++
	c.Failed += len(d.Failed)
	if d.Lost {
		c.LostAnswers++
	}
	for _, message := range d.Messages {
		if c.seen[message.ID] {
			c.Repeated++
			continue
		}
		c.seen[message.ID] = true
		c.Messages++
	}
}

// counts is for the progress: what was written stands for what was done.
func (w *witness) counts() (total, succeeded, failed int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return -1, len(w.written), 0
}

// eventAnswer is what becomes of a stack without a job. What it knows is kept
// apart from what this machine has seen.
type eventAnswer struct {
	Status     string `json:"status"` // as Lambda calls the end of the event: Success, RetriesExhausted, EventAgeExceeded
	Function   string `json:"function"`
	Tries      int    `json:"tries"`
	DurationMs int64  `json:"durationMs"`
	RunDir     string `json:"runDir"`

	Known struct {
		Queues []queueLeft              `json:"queues"` // what is left in them
		Tables map[string][]interface{} `json:"tables"` // the records of those that were not filled before the run
	} `json:"known"`
	Counted struct {
		Consumers []*consumed `json:"consumers"`
		Objects   int         `json:"objects"`      // each counted once
		Again     int         `json:"writtenAgain"` // writes of an object that had been written before
	} `json:"counted"`
}

type queueLeft struct {
	Queue    string `json:"queue"`
	Messages int    `json:"messages"`
}

// event runs a stack that has no job: an event invokes a function, and the run
// is over when nothing is left to do for the queues. The stack cannot say so.
func (r *run) event(ctx context.Context, c *cloud.Cloud, function string, w *witness) error {
	if r.Items != "" {
		return fmt.Errorf("--items: got %s, but stack has no job that takes items: fill a table with --seed", r.Items)
	}
	r.say("sending an event to %s", function)
	began := time.Now()
	result, err := c.InvokeEvent(function, r.input)
	if err != nil {
		return err
	}
	done, followed := make(chan struct{}), make(chan struct{})
	go func() {
		r.follow(done, w.counts)
		close(followed)
	}()
	err = c.Drain(ctx)
	close(done)
	<-followed
	if err != nil {
		return failed{fmt.Errorf("interrupted: what there is of the run is in %s", r.folder)}
	}
	ended := <-result
	if ended.Err != nil {
		return ended.Err
	}
	answer := &eventAnswer{Status: ended.Condition, Function: function, Tries: ended.Tries, DurationMs: time.Since(began).Milliseconds(), RunDir: r.folder}
	if err := answer.ask(ctx, c, r.Seed); err != nil {
		return err
	}
	answer.count(c, w)
	for file, write := range map[string]func(io.Writer) error{"report.json": answer.json, "report.md": answer.markdown} {
		if err := writeFile(filepath.Join(r.folder, file), write); err != nil {
			return err
		}
	}
	print := answer.markdown
	if r.JSON {
		print = answer.json
	}
	if err := print(r.out); err != nil {
		return err
	}
	if ended.Condition != "Success" {
		return failed{fmt.Errorf("%s failed with %s: %s\nwhat it wrote is in %s", function, ended.FunctionError, readable(string(ended.Answer)), filepath.Join(r.folder, "logs"))}
	}
	r.say("nothing is left to do; everything is in %s", r.folder)
	return nil
}

// ask collects what the stack itself knows.
func (a *eventAnswer) ask(ctx context.Context, c *cloud.Cloud, filled map[string]string) error {
	queues, err := c.Queues()
	if err != nil {
		return err
	}
	a.Known.Queues, a.Known.Tables = []queueLeft{}, map[string][]any{}
	for _, q := range queues {
		a.Known.Queues = append(a.Known.Queues, queueLeft{q.ID, q.Total()})
	}
	for _, table := range c.Tables() {
		if _, before := filled[table.ID]; before {
			continue
		}
		records := []any{}
		for record, err := range c.Records(ctx, table.Name) {
			if err != nil {
				return err
			}
			if len(records) < 100 {
				records = append(records, record)
			}
		}
		a.Known.Tables[table.ID] = records
	}
	return nil
}

// count adds what this machine has seen.
func (a *eventAnswer) count(c *cloud.Cloud, w *witness) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	a.Counted.Consumers = []*consumed{}
	for _, name := range slices.Sorted(maps.Keys(w.consumers)) {
		consumer := w.consumers[name]
		consumer.Function, consumer.Queue = c.ShortName(consumer.Function), c.ShortName(consumer.Queue)
		a.Counted.Consumers = append(a.Counted.Consumers, consumer)
	}
	a.Counted.Objects = len(w.written)
	for _, n := range w.written {
		a.Counted.Again += n - 1
	}
}

func (a *eventAnswer) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(a)
}

func (a *eventAnswer) markdown(w io.Writer) error {
	var b strings.Builder
	tries := ""
	if a.Tries > 1 {
		tries = fmt.Sprintf(" after %d tries", a.Tries)
	}
	fmt.Fprintf(&b, "# %s: the event ended with %s%s\n\n## What the stack itself knows\n\n", a.Function, a.Status, tries)
	for _, q := range a.Known.Queues {
		fmt.Fprintf(&b, "- queue %s has %s messages\n", q.Queue, report.Thousands(q.Messages))
	}
	tallies := 0
	for _, table := range slices.Sorted(maps.Keys(a.Known.Tables)) {
		for _, record := range a.Known.Tables[table] {
			fmt.Fprintf(&b, "- table %s: %s\n", table, record)
			tallies++
		}
	}
	if tallies == 0 {
		b.WriteString("- when the work was finished: nothing here can tell\n- how many items there were, and how many failed: nothing here can tell\n")
	}
	b.WriteString("\n## What this machine has seen\n\n")
	for _, c := range a.Counted.Consumers {
		fmt.Fprintf(&b, "- %s was invoked %s times with %s messages of %s; %s deliveries were repeated, %s failed", c.Function,
			report.Thousands(c.Invocations), report.Thousands(c.Messages), c.Queue, report.Thousands(c.Repeated), report.Thousands(c.Failed))
		if c.LostAnswers > 0 {
			fmt.Fprintf(&b, ", %s answers were lost", report.Thousands(c.LostAnswers))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "- %s objects were written, %s of these writes once more\n", report.Thousands(a.Counted.Objects), report.Thousands(a.Counted.Again))
	_, err := io.WriteString(w, b.String())
	return err
}
