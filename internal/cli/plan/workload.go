package plan

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Limits of Lambda (Lambda developer guide, "Lambda quotas").
const minMemory, maxMemory = 128, 10_240

// check checks the flags by themselves.
func (c *Command) check() error {
	var problems []error
	refuse := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, f := range []struct {
		flag     string
		got, max int
		what     string
	}{
		{"--items", c.Items, protocol.MaxItems, "items"},
		{"--item-bytes", c.ItemBytes, protocol.MaxOutcome, "bytes"},
		{"--result-bytes", c.ResultBytes, protocol.MaxOutcome, "bytes"},
		{"--items-at-once", c.ItemsAtOnce, 10_000, "items"},
		{"--account-concurrency", c.AccountConcurrency, 1_000_000, "functions"},
	} {
		if f.got < 0 || f.got > f.max {
			refuse("%s: got %s, expected 1 to %s %s", f.flag, number.Thousands(f.got), number.Thousands(f.max), f.what)
		}
	}
	for _, f := range []struct {
		flag string
		got  float64
	}{{"--failure-rate", c.FailureRate}, {"--crash-rate", c.CrashRate}} {
		if !(f.got >= 0 && f.got <= 1) {
			refuse("%s: got %v, expected 0 to 1, such as 0.05", f.flag, f.got)
		}
	}
	if c.Memory != 0 && (c.Memory < minMemory || c.Memory > maxMemory) {
		refuse("--memory: got %s MB, expected %d to %s", number.Thousands(c.Memory), minMemory, number.Thousands(maxMemory))
	}
	if c.Architecture != "" && c.Architecture != "arm64" && c.Architecture != "x86_64" {
		refuse("--architecture: got %q, expected arm64 or x86_64", c.Architecture)
	}
	if c.Within < 0 {
		refuse("--within: got %v, expected a time such as 30m", c.Within)
	}
	if c.RunsPerMonth < 0 {
		refuse("--runs-per-month: got %v, expected 0 or more", c.RunsPerMonth)
	}
	if _, err := c.times(defaultMemory); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// minItemMs is the shortest time of an item: what is below it is the kit's own time.
const minItemMs = 0.01

// times returns the times of --item-ms, nil without one. A time alone is of the memory.
func (c *Command) times(memory int) ([]timed, error) {
	if c.ItemMs == "" {
		return nil, nil
	}
	refuse := func(got, expected string) ([]timed, error) {
		return nil, fmt.Errorf("--item-ms: got %q, expected %s", got, expected)
	}
	var all []timed
	seen := map[int]bool{}
	for part := range strings.SplitSeq(c.ItemMs, ",") {
		mb, text, pair := strings.Cut(part, "=")
		if !pair {
			mb, text = strconv.Itoa(memory), part
		}
		if !pair && c.ItemMs != part {
			return refuse(part, "the time with a memory, such as 256=100")
		}
		m, err := strconv.Atoi(mb)
		if err != nil || m < minMemory || m > maxMemory {
			return refuse(part, fmt.Sprintf("a memory of %d to %s MB", minMemory, number.Thousands(maxMemory)))
		}
		if seen[m] {
			return refuse(c.ItemMs, "each memory once")
		}
		ms, err := strconv.ParseFloat(text, 64)
		if err != nil || !(ms >= minItemMs && ms <= 365*24*3600*1000) {
			return refuse(part, fmt.Sprintf("milliseconds, at least %v", minItemMs))
		}
		seen[m] = true
		all = append(all, timed{m, plan.Exactly(time.Duration(ms * float64(time.Millisecond)))})
	}
	return all, nil
}

// apply lays the flags over what the job and a run say, and sets the workload.
func (c *Command) apply(r *result) error {
	j, w := &r.job, &r.workload
	if c.Memory != 0 {
		j.setup = withMemory(j.setup, c.Memory)
	}
	if c.Architecture != "" {
		j.setup.Architecture = c.Architecture
	}
	if c.ItemsAtOnce != 0 {
		j.setup.ItemsAtOnce = c.ItemsAtOnce
	}
	j.region = cmp.Or(c.Region, j.region)
	if j.region == "" {
		j.region = defaultRegion
		r.assume("nothing names a region: the plan is for %s, and --region names another one", defaultRegion)
	}
	*w = plan.Workload{Items: c.Items, ItemBytes: c.ItemBytes, ResultBytes: c.ResultBytes, Failed: c.FailureRate, Crashed: c.CrashRate,
		Within: c.Within, RunsPerMonth: c.RunsPerMonth, FreeTier: c.FreeTier}
	if w.RunsPerMonth == 0 {
		w.RunsPerMonth = j.runsPerMonth
	}
	r.times, _ = c.times(j.setup.Memory[plan.Worker]) // checked
	if r.measured != nil {
		c.measured(r)
	}
	if e := j.expected; e != nil {
		w.Items, w.ItemBytes = cmp.Or(w.Items, e.Items), cmp.Or(w.ItemBytes, e.ItemBytes)
		if e.ItemMs > 0 && len(r.times) == 0 {
			r.times = []timed{{j.setup.Memory[plan.Worker], plan.Exactly(time.Duration(e.ItemMs * float64(time.Millisecond)))}}
		}
	}
	return c.complete(r)
}

// complete assumes what may be assumed, and refuses what is missing.
func (c *Command) complete(r *result) error {
	var problems []error
	where := ""
	if r.job.name != "" {
		where = ", the job's ExpectedItems,"
	}
	if r.workload.Items == 0 {
		problems = append(problems, fmt.Errorf("--items: got none, expected how many items an execution has%s or --from with a run", where))
	}
	if len(r.times) == 0 {
		if where != "" {
			where = ", the job's ExpectedItemTime,"
		}
		problems = append(problems, fmt.Errorf("--item-ms: got none, expected the milliseconds that an item takes, such as 100%s or --from with a run", where))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	if r.workload.ItemBytes == 0 {
		r.workload.ItemBytes = defaultItemBytes
		r.assume("an item has %d bytes: --item-bytes says how many", defaultItemBytes)
	}
	r.workload.Time = r.times[0].time
	for _, t := range r.times {
		if t.memory == r.job.setup.Memory[plan.Worker] {
			r.workload.Time = t.time
		}
	}
	return nil
}

func (r *result) assume(format string, args ...any) {
	r.assumed = append(r.assumed, fmt.Sprintf(format, args...))
}
