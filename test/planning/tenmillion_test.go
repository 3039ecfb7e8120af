package planning

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/simulate"
	"github.com/mapjob/mapjob/internal/price"
)

var (
	write = flag.Bool("planning.write", false, "write the table of docs/cost.md")
	whole = flag.Bool("planning.whole", false, "simulate ten million child executions, too")
)

// tenMillion is the command of docs/cost.md.
var tenMillion = []string{"plan", "--items", "10000000", "--item-bytes", "200", "--item-ms", "100"}

// planOption is an option as `mapjob plan --json` prints it.
type planOption struct {
	Items, Children, Architecture       string
	Batch                               int
	OrchestrationUSD, ComputeUSD        float64
	Seconds                             float64
	Best, Feasible, Certain             bool
	NotFeasible                         string
	ChildExecutions                     int
	Transitions, MaxConcurrency, Events float64
	MemoryMB                            int
	Lines                               []struct {
		Name   string
		Amount float64
		USD    float64
	}
}

func (o *planOption) share() float64 { return o.OrchestrationUSD / o.ComputeUSD }

// usd returns what a line of the bill costs.
func (o *planOption) usd(name string) (sum float64) {
	for _, l := range o.Lines {
		if l.Name == name {
			sum += l.USD
		}
	}
	return sum
}

// mapjob runs the command, and returns what it prints.
func mapjob(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Main(args, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("mapjob %s: got exit code %d: %s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// tenMillionOptions returns the options for ten million items: those of the forms, the
// other architectures, and the recommended one.
func tenMillionOptions(t *testing.T) (options, others []planOption, recommended planOption) {
	t.Helper()
	var answer struct {
		Options, Alternatives []planOption
		Recommended           planOption
	}
	if err := json.Unmarshal([]byte(mapjob(t, append(tenMillion, "--json")...)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Options, answer.Alternatives, answer.Recommended
}

// find returns the option of a form with this batch; 0 is the best one.
func find(t *testing.T, options []planOption, items, children string, batch int) *planOption {
	t.Helper()
	i := slices.IndexFunc(options, func(o planOption) bool {
		return o.Items == items && o.Children == children && (o.Batch == batch || batch == 0 && o.Best)
	})
	if i < 0 {
		t.Fatalf("got no option %s, %s, %d", items, children, batch)
	}
	return &options[i]
}

// TestTenMillionItemsCostWhatTheyCostByHand computes three figures from the price list,
// and holds the recommended settings to their share of the compute.
func TestTenMillionItemsCostWhatTheyCostByHand(t *testing.T) {
	t.Chdir(t.TempDir())
	options, others, recommended := tenMillionOptions(t)
	reference, value := find(t, options, "by-reference", "standard", 0), find(t, options, "by-value", "standard", 0)
	one, express := find(t, options, "by-value", "standard", 1), find(t, options, "by-value", "express", 1)
	const transition, gbSecond, put = 0.000025, 0.0000133334, 0.000005
	batches := 0
	for range plan.Batches(plan.Workload{Items: 10_000_000, ItemBytes: 200}, plan.Setup{Passing: plan.ByValue, Batch: value.Batch, BatchBytes: 245_760, Overhead: 383}) {
		batches++
	}
	for _, c := range []struct {
		what          string
		got, expected float64
		share         float64 // that they may differ by
	}{
		{"compute: 10,000,000 × 0.1 s × 0.25 GB", reference.ComputeUSD, 250_000 * gbSecond, 0.0001},
		{"transitions by value: 8, and two for each child", value.usd("states.transition"), float64(8+2*batches) * transition, 0},
		{"transitions by reference: 8, and two for each of ⌈10,000,000 ÷ 8,100⌉", reference.usd("states.transition"), (8 + 2*1235) * transition, 0},
		{"requests by reference: a chunk, a list and three parts for each child", reference.usd("s3.put"), 5 * 1235 * put, 0.002},
		{"transitions of one item, Standard", one.Transitions * transition, (8 + 2*10_000_000) * transition, 0},
		{"transitions of one item, Express", express.Transitions * transition, (8 + 10_000_000) * transition, 0},
	} {
		if math.Abs(c.got-c.expected) > c.share*c.expected+1e-9 {
			t.Errorf("%s: got $%v, expected $%v", c.what, c.got, c.expected)
		}
	}
	if recommended.Items != "by-reference" || recommended.Batch != reference.Batch || !recommended.Feasible {
		t.Errorf("got %s in batches of %d recommended, expected by-reference, %d", recommended.Items, recommended.Batch, reference.Batch)
	}
	for _, c := range []struct {
		what      string
		share     float64
		low, high float64
	}{
		{"by reference", reference.share(), 0, 0.03}, {"by value", value.share(), 0, 0.15}, {"one item, Standard", one.share(), 140, 160}, {"one item, Express", express.share(), 75, 85},
	} {
		if c.share < c.low || c.share > c.high {
			t.Errorf("%s: got an orchestration of %.4f of the compute, expected %v to %v", c.what, c.share, c.low, c.high)
		}
	}
	architectures := map[string]*planOption{}
	for i := range others {
		architectures[others[i].Architecture] = &others[i]
	}
	for name, expected := range map[string]float64{
		"queue":         3_000_000*4e-7 + 1_000_001*2e-7, // send, receive, delete ten at a time, and a request for them
		"tracked queue": 3_000_000*4e-7 + 1_000_001*2e-7 + 10_000_000*6.25e-7,
		// Two operations for each item and two for each of 6,672 executions.
		"durable functions": (2*10_000_000 + 2*6672) * 8e-6,
	} {
		if o := architectures[name]; o == nil || o.OrchestrationUSD < expected || o.OrchestrationUSD > expected*1.25 {
			t.Errorf("%s: got %+v, expected an orchestration of $%v and logs", name, o, expected)
		}
	}
}

// TestTenMillionItemsAreSimulated simulates the options of ten million items.
func TestTenMillionItemsAreSimulated(t *testing.T) {
	t.Chdir(t.TempDir())
	book, err := price.Read("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	options, _, _ := tenMillionOptions(t)
	for _, o := range options {
		if o.Items == "inline" || o.Batch == 1 && !*whole || !o.Best && o.Batch != 1 {
			continue
		}
		s := plan.Setup{
			Passing: plan.Passing(o.Items), Children: plan.Children(o.Children), Batch: o.Batch, BatchBytes: 245_760, Overhead: 383,
			MaxConcurrency: int(o.MaxConcurrency), ItemsAtOnce: 1,
			Memory: map[plan.Role]int{plan.Worker: 256, plan.JobStart: 256, plan.Chunker: 1024, plan.Summary: 1024},
		}
		shape := plan.Form(s, plan.FormOptions{JobStart: true})
		r, err := simulate.Run(context.Background(), simulate.Options{
			Workload: plan.Workload{Items: 10_000_000, ItemBytes: 200, Time: plan.Exactly(100 * time.Millisecond)},
			Setup:    s, Shape: shape, Book: book, Seed: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		within, why := r.Against(plan.Took{Seconds: o.Seconds})
		if !within || float64(r.Counts.Children) != float64(o.ChildExecutions) || r.Counts.Transitions != o.Transitions {
			t.Errorf("%s, %s, %d: got %.1f s, %d children and %v transitions simulated, expected %.1f s, %d and %v as planned: %s",
				o.Items, o.Children, o.Batch, r.Seconds, r.Counts.Children, r.Counts.Transitions, o.Seconds, o.ChildExecutions, o.Transitions, why)
		}
	}
}

// TestCostTableIsThatOfTheCommand compares docs/cost.md with what the command prints,
// or writes its table.
func TestCostTableIsThatOfTheCommand(t *testing.T) {
	doc, err := filepath.Abs("../../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	before, rest, ok := strings.Cut(string(text), "<!-- ten million items -->\n")
	_, after, closed := strings.Cut(rest, "<!-- end -->\n")
	if !ok || !closed {
		t.Fatal("docs/cost.md: got no table between <!-- ten million items --> and <!-- end -->")
	}
	expected := before + "<!-- ten million items -->\n" + costTable(t) + "<!-- end -->\n" + after
	if *write {
		if err := os.WriteFile(doc, []byte(expected), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != expected {
		t.Errorf("docs/cost.md has another table than this: write it with -planning.write\n%s", costTable(t))
	}
	printed := spaced(mapjob(t, tenMillion...))
	_, block, found := strings.Cut(before, "```text\n")
	block, _, closed = strings.Cut(block, "```\n")
	if !found || !closed || !strings.Contains(block, "$") {
		t.Fatal("docs/cost.md: got no block of what the command prints")
	}
	for line := range strings.Lines(block) {
		if strings.Contains(line, "$") && !strings.Contains(printed, spaced(line)) {
			t.Errorf("docs/cost.md has this line, which the command does not print:\n%s", line)
		}
	}
}

// The table of docs/choose.md has the totals of the command.
func TestChooseTableIsThatOfTheCommand(t *testing.T) {
	text, err := os.ReadFile("../../docs/choose.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	options, others, _ := tenMillionOptions(t)
	var want strings.Builder
	row := func(name string, o *planOption) {
		fmt.Fprintf(&want, "| %s | $%.2f | $%.2f | $%.2f |\n", name, o.ComputeUSD, o.OrchestrationUSD, o.ComputeUSD+o.OrchestrationUSD)
	}
	row("mapjob, by reference", find(t, options, "by-reference", "standard", 0))
	row("mapjob, by value", find(t, options, "by-value", "standard", 0))
	row("a Distributed Map by hand, one item a child", find(t, options, "by-value", "standard", 1))
	for _, name := range []string{"queue", "tracked queue", "durable functions"} {
		i := slices.IndexFunc(others, func(o planOption) bool { return o.Architecture == name })
		if i < 0 {
			t.Fatalf("got no architecture %s, expected one", name)
		}
		row(name, &others[i])
	}
	if !strings.Contains(string(text), "| ---: |\n"+want.String()+"<!-- end -->") {
		t.Errorf("docs/choose.md has another table than this:\n%s", want.String())
	}
}

// spaced returns a text with one space between words.
func spaced(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// costTable returns the table of ten million items.
func costTable(t *testing.T) string {
	t.Helper()
	options, others, _ := tenMillionOptions(t)
	var b strings.Builder
	b.WriteString("| | children | transitions | orchestration | of the compute | takes | possible |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	row := func(name string, o *planOption) {
		possible := "yes"
		if !o.Feasible {
			possible = "no: " + o.NotFeasible
		}
		fmt.Fprintf(&b, "| %s | %s | %s | $%.2f | %s | %s | %s |\n", name, orDash(o.ChildExecutions), orDash(int(o.Transitions)), o.OrchestrationUSD,
			shareText(o.share()), (time.Duration(math.Round(o.Seconds)) * time.Second).String(), possible)
	}
	for _, c := range []struct {
		name, items, children string
		batch                 int
	}{
		{"by reference, Standard, chunks of %s", "by-reference", "standard", 0}, {"by value, Standard, batches of %s", "by-value", "standard", 0},
		{"by value, Express, batches of %s", "by-value", "express", 0}, {"one item, Standard", "by-value", "standard", 1}, {"one item, Express", "by-value", "express", 1},
	} {
		o := find(t, options, c.items, c.children, c.batch)
		name := c.name
		if strings.Contains(name, "%s") {
			name = fmt.Sprintf(name, number.Thousands(o.Batch))
		}
		row(name, o)
	}
	for i := range others {
		row(others[i].Architecture, &others[i])
	}
	return b.String()
}

func orDash(n int) string {
	if n == 0 {
		return "–"
	}
	return number.Thousands(n)
}

func shareText(share float64) string {
	if share >= 10 {
		return fmt.Sprintf("%.0f times", share)
	}
	return fmt.Sprintf("%.1f%%", share*100)
}
