package plan

import (
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
)

// answer is what --json prints. docs/plan.schema.json describes it.
type answer struct {
	Job          string              `json:"job,omitempty"`
	Workload     answerWorkload      `json:"workload"`
	Options      []answerOption      `json:"options"`
	Recommended  *answerOption       `json:"recommended"` // null if none is possible
	Current      *answerOption       `json:"current"`     // the job as it is; null for a workload alone
	Alternatives []answerAlternative `json:"alternatives"`
	Simulation   *answerSimulation   `json:"simulation"` // null without --simulate
	Warnings     []string            `json:"warnings"`
	Assumptions  []string            `json:"assumptions"`
	Sources      []answerSource      `json:"sources"`
}

type answerWorkload struct {
	Items              int     `json:"items"`
	ItemBytes          int     `json:"itemBytes"`
	ResultBytes        int     `json:"resultBytes"`
	ItemMs             float64 `json:"itemMs"` // the mean
	FailureRate        float64 `json:"failureRate"`
	CrashRate          float64 `json:"crashRate"`
	WithinSeconds      float64 `json:"withinSeconds,omitempty"`
	RunsPerMonth       float64 `json:"runsPerMonth,omitempty"`
	MemoryMB           int     `json:"memoryMB"`
	Architecture       string  `json:"architecture"`
	Region             string  `json:"region"`
	AccountConcurrency int     `json:"accountConcurrency,omitempty"`
}

type answerOption struct {
	Items                string       `json:"items"`    // by-value, by-reference or inline
	Children             string       `json:"children"` // standard, express or none
	Batch                int          `json:"batch"`
	OrchestrationUSD     float64      `json:"orchestrationUSD"`
	ComputeUSD           float64      `json:"computeUSD"`
	MonthUSD             float64      `json:"monthUSD,omitempty"`
	Seconds              float64      `json:"seconds"`
	FirstLimit           string       `json:"firstLimit"`
	FirstLimitItems      int          `json:"firstLimitItems,omitempty"`
	BatchLimit           string       `json:"batchLimit,omitempty"`
	Best                 bool         `json:"best"`
	Feasible             bool         `json:"feasible"`
	NotFeasible          string       `json:"notFeasible,omitempty"` // why
	ChildExecutions      int          `json:"childExecutions"`
	Transitions          float64      `json:"transitions"`
	Events               float64      `json:"events"`
	MaxConcurrency       int          `json:"maxConcurrency"`
	MemoryMB             int          `json:"memoryMB"`
	WorkerTimeoutSeconds int          `json:"workerTimeoutSeconds"`
	Binds                string       `json:"binds"`
	Certain              bool         `json:"certain"`
	Lines                []answerLine `json:"lines,omitempty"` // of the best of each kind
}

type answerAlternative struct {
	Architecture     string       `json:"architecture"`
	Batch            int          `json:"batch,omitempty"`
	OrchestrationUSD float64      `json:"orchestrationUSD"`
	ComputeUSD       float64      `json:"computeUSD"`
	Seconds          float64      `json:"seconds"`
	FirstLimit       string       `json:"firstLimit"`
	FirstLimitItems  int          `json:"firstLimitItems,omitempty"`
	Feasible         bool         `json:"feasible"`
	NotFeasible      string       `json:"notFeasible,omitempty"`
	Lines            []answerLine `json:"lines"`
}

type answerLine struct {
	Name          string   `json:"name"`
	Of            string   `json:"of,omitempty"`
	Amount        float64  `json:"amount"`
	Unit          string   `json:"unit"`
	USD           *float64 `json:"usd"` // null if the region has no price
	Orchestration bool     `json:"orchestration"`
}

type answerSimulation struct {
	Seed          uint64             `json:"seed"`
	Seconds       float64            `json:"seconds"`
	Children      int                `json:"childExecutions"`
	MostRunning   int                `json:"mostRunning"`
	Environments  int                `json:"environments"`
	Throttled     int                `json:"throttled"`
	Retried       int                `json:"retried"`
	Within5       bool               `json:"withinFivePercent"`
	Why           string             `json:"why,omitempty"`
	WaitedSeconds map[string]float64 `json:"waitedSeconds"`
}

type answerSource struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Date   string `json:"date,omitempty"`
	Read   string `json:"read,omitempty"`
	File   string `json:"file,omitempty"`
}

// answer returns what --json prints.
func (r *result) answer() answer {
	w := r.workload
	a := answer{Job: r.job.name, Workload: answerWorkload{
		Items: w.Items, ItemBytes: w.ItemBytes, ResultBytes: w.ResultBytes, ItemMs: float64(w.Time.Mean()) / float64(time.Millisecond),
		FailureRate: w.Failed, CrashRate: w.Crashed, WithinSeconds: w.Within.Seconds(), RunsPerMonth: w.RunsPerMonth,
		MemoryMB: r.job.setup.Memory[plan.Worker], Architecture: r.job.setup.Architecture, Region: r.book.Region(),
	}, Options: []answerOption{}, Alternatives: []answerAlternative{}, Warnings: []string{}, Assumptions: r.notes(), Sources: []answerSource{}}
	if a.Assumptions == nil {
		a.Assumptions = []string{}
	}
	if q, ok := r.book.Quota("lambda.concurrency"); ok {
		a.Workload.AccountConcurrency = int(q.Value)
	}
	for _, o := range r.options {
		a.Options = append(a.Options, r.answerOption(o, o.Best))
	}
	if r.recommended != nil {
		o := r.answerOption(*r.recommended, true)
		a.Recommended = &o
	}
	if r.current != nil {
		o := r.answerOption(*r.current, true)
		a.Current = &o
	}
	for _, o := range r.others {
		a.Alternatives = append(a.Alternatives, answerAlternative{Architecture: o.Name, Batch: o.Setup.Batch, OrchestrationUSD: o.Orchestration.Dollars(), ComputeUSD: o.Compute.Dollars(),
			Seconds: o.Took.Seconds, FirstLimit: first(o), FirstLimitItems: o.First.At, Feasible: o.Feasible, NotFeasible: o.Why, Lines: lines(o.Lines)})
	}
	a.Warnings = append(a.Warnings, r.warnings...)
	if r.simulated != nil {
		a.Simulation = r.simulated.answer()
	}
	for _, s := range r.book.Sources() {
		a.Sources = append(a.Sources, answerSource(s))
	}
	return a
}

func (r *result) answerOption(o option.Option, withLines bool) answerOption {
	a := answerOption{
		Items: string(o.Setup.Passing), Children: string(o.Setup.Children), Batch: o.Setup.Batch,
		OrchestrationUSD: o.Orchestration.Dollars(), ComputeUSD: o.Compute.Dollars(), MonthUSD: o.Month.Dollars(),
		Seconds: o.Took.Seconds, FirstLimit: first(o), FirstLimitItems: o.First.At, Best: o.Best, Feasible: o.Feasible, NotFeasible: o.Why,
		ChildExecutions: o.Counts.Children, Transitions: o.Counts.Transitions, Events: o.Counts.Events,
		MaxConcurrency: o.Setup.MaxConcurrency, MemoryMB: o.Setup.Memory[plan.Worker], WorkerTimeoutSeconds: int(o.Setup.Timeout[plan.Worker].Seconds()),
		Binds: o.Took.Binds, Certain: o.Took.Certain,
	}
	if o.BatchLimit.Name != "" {
		a.BatchLimit = o.BatchLimit.String()
	}
	if withLines {
		a.Lines = lines(o.Lines)
	}
	return a
}

func first(o option.Option) string {
	if o.First.Name == "" {
		return "none"
	}
	return o.First.String()
}

func lines(lines []option.Line) []answerLine {
	all := []answerLine{}
	for _, l := range lines {
		line := answerLine{Name: string(l.Key), Of: l.Of, Amount: l.Amount, Unit: l.Unit, Orchestration: l.Orchestration}
		if !l.Unpriced {
			usd := l.USD.Dollars()
			line.USD = &usd
		}
		all = append(all, line)
	}
	return all
}
