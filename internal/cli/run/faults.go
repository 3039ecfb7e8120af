package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/injection"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
)

// faultsFile is the name of the file with the faults of a run, in its folder.
const faultsFile = "faults.json"

// mostDrawn is the most faults that --seed-faults draws.
const mostDrawn = 3

// oftenTimes is how often a fault that is drawn strikes at most: retries take time.
const oftenTimes = 3

// rareFaults is how often --seed-faults draws from all sites, not only from those that
// most runs have.
const rareFaults = 8

// checkFaults checks the flags of faults before anything is built.
func (c *Command) checkFaults() error {
	if c.Faults != "" && c.SeedFaults != nil {
		return errors.New("--faults: got it with --seed-faults, expected one of them: a seed draws the faults that a file lists")
	}
	_, err := c.readFaults()
	return err
}

// readFaults reads the plan of --faults; nil without.
func (c *Command) readFaults() (*fault.Plan, error) {
	if c.Faults == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Faults)
	if err != nil {
		return nil, fmt.Errorf("--faults: %w", err)
	}
	plan, err := fault.Read(text)
	if err != nil {
		return nil, c.faultsError(err)
	}
	if len(plan.Faults)+len(plan.Share) == 0 {
		return nil, fmt.Errorf("--faults: got no faults in %s, expected one or more", c.Faults)
	}
	return plan, nil
}

// faultsError names the file in each line of an error.
func (c *Command) faultsError(err error) error {
	return fmt.Errorf("--faults: %s, %s", c.Faults, strings.ReplaceAll(err.Error(), "\n", "\n--faults: "+c.Faults+", "))
}

// faults are those of a run. It is safe for concurrent use.
type faults struct {
	plan     *fault.Plan
	progress *terminal.Progress
	began    time.Time

	mu      sync.Mutex
	strikes []strike
}

// strike is a fault that has struck, as --json has it.
type strike struct {
	Number   int         `json:"number"` // of the fault, from 1
	Fault    fault.Fault `json:"fault"`
	AfterMs  int64       `json:"afterMs"` // of the run
	Machine  string      `json:"machine,omitempty"`
	State    string      `json:"state,omitempty"`
	Function string      `json:"function,omitempty"`
	Call     string      `json:"call,omitempty"`
	Attempt  *int        `json:"attempt,omitempty"`
	// Items are the first of those of the batch, and ItemCount is their number.
	Items     []int `json:"items,omitempty"`
	ItemCount int   `json:"itemCount,omitempty"`
}

// mostItems is the most items of a strike that --json has.
const mostItems = 100

// chooseFaults finds out what goes wrong in the run, and writes it to its folder. It
// does nothing without --faults and --seed-faults.
func (r *run) chooseFaults() error {
	c := r.command
	places := r.stack.FaultPlaces(r.machine)
	if r.items != nil {
		places.Replace(protocol.StateJobStart, "--items stands in place of the job start")
	}
	plan, err := c.readFaults()
	switch {
	case err != nil:
		return err
	case plan != nil:
		err := plan.Resolve(places.Names())
		if err == nil {
			err = plan.Refuse(places.Reason)
		}
		if err != nil {
			return c.faultsError(err)
		}
	case c.SeedFaults == nil:
		return nil
	default:
		machine := ""
		if r.machine != nil {
			machine = strings.ReplaceAll(r.machine.ID, ".", "/")
		}
		drawn := places.Sites(machine, r.count, *c.SeedFaults%rareFaults == 0).Draw(*c.SeedFaults, injection.Kinds(), mostDrawn)
		if len(drawn) == 0 {
			return fmt.Errorf("--seed-faults: got %d, expected none: nothing in the stack can go wrong by a fault", *c.SeedFaults)
		}
		for i := range drawn {
			if drawn[i].Times < 0 {
				drawn[i].Times = oftenTimes
			}
		}
		plan = &fault.Plan{Faults: drawn, Seed: *c.SeedFaults}
	}
	r.faults = &faults{plan: plan, progress: r.progress, began: time.Now()}
	for i, f := range plan.Faults {
		r.progress.Say("fault %d: %s", i+1, plain.Line(f.String()))
	}
	for i, s := range plan.Share {
		r.progress.Say("fault %d: %s, at %s of its sites", len(plan.Faults)+i+1, plain.Line(s.String()), strconv.FormatFloat(100*s.Of, 'f', -1, 64)+"%")
	}
	return writeFile(filepath.Join(r.folder, faultsFile), func(w io.Writer) error {
		text, err := json.MarshalIndent(plan, "", "  ")
		if err == nil {
			_, err = w.Write(append(text, '\n'))
		}
		return err
	})
}

// struck says that a fault strikes, and keeps it.
func (f *faults) struck(s fault.Strike) {
	site := &s.Site
	shown := strike{Number: s.Number, Fault: s.Fault, AfterMs: time.Since(f.began).Milliseconds(),
		Machine: site.Machine, State: site.State, Function: site.Function, Call: site.Call,
		Items: site.Items[:min(len(site.Items), mostItems)], ItemCount: len(site.Items)}
	if tried(site) {
		shown.Attempt = &site.Attempt
	}
	f.mu.Lock()
	f.strikes = append(f.strikes, shown)
	f.mu.Unlock()
	f.progress.Say("FAULT %d strikes: %s", s.Number, plain.Line(s.Fault.What()+at(site)))
}

// tried reports whether a site is a task, or a part of one, that may be tried again.
func tried(s *fault.Site) bool {
	return s.Attempt >= 0 && slices.Contains([]fault.Moment{fault.Task, fault.Request, fault.Write}, s.Moment)
}

// at names a site in words.
func at(s *fault.Site) string {
	var parts []string
	for _, part := range []struct{ name, value string }{{"state", s.State}, {"function", s.Function}, {"call", s.Call}} {
		if part.value != "" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	if tried(s) {
		parts = append(parts, fmt.Sprintf("attempt %d", s.Attempt))
	}
	switch n := len(s.Items); {
	case n == 1:
		parts = append(parts, fmt.Sprintf("item %d", s.Items[0]))
	case n > 1:
		parts = append(parts, fmt.Sprintf("items %d to %d", slices.Min(s.Items), slices.Max(s.Items)))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// faultsAnswer has the faults of a run, as --json has them.
type faultsAnswer struct {
	File      string        `json:"file"` // with which --faults repeats them
	Strikes   []strike      `json:"strikes"`
	Unreached []fault.Fault `json:"unreached"`
}

// endFaults says which faults did not strike, and returns what happened; nil
// without faults.
func (r *run) endFaults() *faultsAnswer {
	if r.faults == nil {
		return nil
	}
	unreached := r.stack.UnreachedFaults()
	for _, f := range unreached {
		r.progress.Say("a fault did not strike, because the run did not come there: %s", plain.Line(f.String()))
	}
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	path := filepath.Join(r.folder, faultsFile)
	r.progress.Say("%s; to repeat them: --faults %s", number.Of(len(r.faults.strikes), "strike")+" of faults", path)
	return &faultsAnswer{File: path, Strikes: append([]strike{}, r.faults.strikes...), Unreached: append([]fault.Fault{}, unreached...)}
}
