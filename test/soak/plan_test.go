package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/mapjob/mapjob/internal/chunker"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/callback"
	"github.com/mapjob/mapjob/sfntest"
)

// item is an item of a job, and what its worker does.
type item struct {
	ID int  `json:"id"`
	Do deed `json:"do,omitempty"`
}

// deed is what a worker does with an item.
type deed string

const (
	succeeds deed = ""
	refuses  deed = "refuse" // it returns an error
	panics   deed = "panic"
	busy     deed = "busy" // it fails twice, and another try helps
	late     deed = "late" // it fails until it is delivered again
	slow     deed = "slow" // it takes longer than the function or the callback may
)

// errorOf returns the name of the error with which an item fails if no fault strikes;
// "" if it succeeds.
func (f *form) errorOf(do deed) string {
	switch do {
	case refuses:
		return "Refused"
	case panics:
		return job.ErrorPanic
	case slow:
		return f.slowError
	case late:
		return "Busy"
	}
	return ""
}

// input is the input of an execution, which names a list of items.
type input struct {
	List string `json:"list"`
}

// plan is what a seed chooses besides faults and the order in which things go on.
type plan struct {
	form   *form
	policy string
	items  map[string][]item // of executions, by the names of lists
	rival  time.Duration     // when a second execution starts; 0: none
	rerun  bool              // of the items that failed
	batch  int               // of the rerun; 0: as in any execution

	mutex sync.Mutex
	deeds map[string]map[int]int // successes by execution and item
	begun map[string]map[int]int // calls of the worker
	given map[string]string      // request IDs of first deliveries, by execution and item
}

const maxItems = 12

// rerunSeed is a seed without faults whose job has a rerun, so that a short sweep
// reaches one.
const rerunSeed = 4

// planOf draws the plan of a seed.
func (f *form) planOf(policy string, seed uint64) *plan {
	jobs := fnv.New64()
	_, _ = jobs.Write([]byte(f.name + "/" + policy)) // jobs draw other plans
	random := rand.New(rand.NewPCG(seed, jobs.Sum64()))
	p := &plan{form: f, policy: policy, items: map[string][]item{},
		deeds: map[string]map[int]int{}, given: map[string]string{}, begun: map[string]map[int]int{}}
	share := []int{10, 40}[random.IntN(2)] // percent of the items that do something else than succeed
	items := random.IntN(maxItems + 1)
	if seed == 0 || seed == rerunSeed { // the former shows where faults can strike
		items = maxItems
	}
	for i := range items {
		do := succeeds
		if random.IntN(100) < share {
			do = f.deeds[random.IntN(len(f.deeds))]
		}
		p.items["first"] = append(p.items["first"], item{i, do})
	}
	p.items["rival"] = p.items["first"]
	p.items["probe"] = []item{{ID: 0}, {ID: 1}}
	if random.IntN(2) == 0 {
		p.rival = []time.Duration{time.Millisecond, time.Second, 90 * time.Second, 20 * time.Minute}[random.IntN(4)]
	}
	p.rerun = random.IntN(2) == 0
	p.batch = random.IntN(5)
	if seed == rerunSeed {
		p.rerun, p.rival = true, 0
		p.items["first"][0].Do = refuses
	}
	return p
}

// count adds one to a counter of an execution's item, and returns it.
func (p *plan) count(counters map[string]map[int]int, execution string, id int) int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if counters[execution] == nil {
		counters[execution] = map[int]int{}
	}
	counters[execution][id]++
	return counters[execution][id]
}

// find is the job start.
func (p *plan) find(_ context.Context, in input) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for _, i := range p.items[in.List] {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// work is the worker.
func (p *plan) work(ctx context.Context, i item) (string, error) {
	info := job.InfoOf(ctx)
	if i.Do == late && p.first(info.Execution, i.ID, info.RequestID) {
		return "", job.Retryable(job.Errorf("Busy", "item %d is busy", i.ID))
	}
	return p.do(ctx, info.Execution, i)
}

// first reports whether an invocation is the first one that has an item.
func (p *plan) first(execution string, id int, request string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	key := fmt.Sprint(execution, " ", id)
	if p.given[key] == "" {
		p.given[key] = request
	}
	return p.given[key] == request
}

func (p *plan) do(ctx context.Context, execution string, i item) (string, error) {
	calls := p.count(p.begun, execution, i.ID)
	switch i.Do {
	case refuses:
		return "", job.Errorf("Refused", "item %d is refused", i.ID)
	case panics:
		panic(fmt.Sprintf("item %d", i.ID))
	case busy:
		if calls%3 != 0 {
			return "", job.Retryable(job.Errorf("Busy", "item %d is busy", i.ID))
		}
	case slow:
		select {
		case <-time.After(time.Hour):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	p.count(p.deeds, execution, i.ID)
	return fmt.Sprintf("done %d", i.ID), nil
}

// process is the function of a Processor, which gets one item.
func (p *plan) process() func(context.Context, protocol.ProcessorInput) (string, error) {
	return func(ctx context.Context, in protocol.ProcessorInput) (string, error) {
		var i item
		if err := json.Unmarshal(in.Item, &i); err != nil {
			return "", err
		}
		result, err := p.do(ctx, in.Execution, i)
		if err != nil {
			return "", &sfntest.Error{Name: job.NameOf(err), Cause: err.Error()}
		}
		return result, nil
	}
}

// pass is the worker of a callback: somebody answers the token later.
func (p *plan) pass(r *sfntest.Run) func(context.Context, item, callback.Token) error {
	return func(ctx context.Context, i item, token callback.Token) error {
		execution := job.InfoOf(ctx).Execution
		calls := p.count(p.begun, execution, i.ID)
		if i.Do == panics {
			panic(fmt.Sprintf("item %d", i.ID))
		}
		delay := time.Duration(1+i.ID)*7*time.Second + time.Duration(calls)*time.Millisecond
		if i.Do == slow {
			delay = 11 * time.Minute // later than the job waits
		}
		client := callback.Client{API: sfn.NewFromConfig(r.Config())}
		go func() {
			time.Sleep(delay)
			if i.Do == refuses {
				_ = client.Fail(context.Background(), token, job.Errorf("Refused", "item %d is refused", i.ID)) // too late if the task is over
				return
			}
			if i.Do != slow {
				p.count(p.deeds, execution, i.ID)
			}
			_ = client.Succeed(context.Background(), token, fmt.Sprintf("done %d", i.ID))
		}()
		return nil
	}
}

// options deploys the functions of the form.
func (p *plan) options(r *sfntest.Run) []sfntest.Option {
	quiet := job.WithLogger(slog.New(slog.DiscardHandler))
	options := []sfntest.Option{
		sfntest.Handle("JobStart", job.Start(p.find, quiet)),
		sfntest.Handle("Summary", job.Summarize(func(context.Context, *job.Summary) error { return nil }, quiet, job.WithMetrics(io.Discard))),
	}
	if p.form.chunker {
		for _, policy := range p.form.policies {
			options = append(options, sfntest.Handle(policy+"/Chunker", chunker.New(quiet)))
		}
	}
	switch p.form.worker {
	case "callback":
		return append(options, sfntest.Handle("Worker", job.Callback(p.pass(r), quiet)))
	case "processor":
		return append(options, sfntest.HandleFunc("Worker", p.process()))
	case "once":
		make := sync.OnceValue(func() job.Handler { // the table has its name when the World is there
			once := job.Once(r.Name("Idempotency"), func(i item) string { return strconv.Itoa(i.ID) })
			return job.Work(p.work, job.Concurrency(8), once, quiet)
		})
		return append(options, sfntest.Handle("Worker", later(make)))
	}
	return append(options, sfntest.Handle("Worker", job.Work(p.work, job.Concurrency(8), quiet)))
}

// later is a handler that is made when it is first called.
type later func() job.Handler

func (f later) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f().Invoke(ctx, payload)
}

// run starts the executions of a plan, one after the other but for a rival.
func (p *plan) run(r *sfntest.Run) {
	first := r.StartNamed(p.policy, "first", input{"first"})
	if p.rival > 0 {
		r.Advance(p.rival)
		r.StartNamed(p.policy, "rival", input{"rival"})
	}
	settle(r)
	if rerun := rerunOf(r, first, p.batch); p.rerun && rerun != nil {
		r.StartNamed(p.policy, "rerun", rerun)
		settle(r)
	}
	r.StartNamed(p.policy, "probe", input{"probe"})
	settle(r)
	r.Advance(time.Hour) // for what functions have left behind
}

// settle runs until no execution runs any more.
func settle(r *sfntest.Run) {
	for {
		all := r.Executions()
		running := slices.IndexFunc(all, func(x *sfntest.Execution) bool { return x.Status() == "RUNNING" })
		if running < 0 {
			return
		}
		all[running].RunToEnd()
	}
}
