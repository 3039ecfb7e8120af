package lock

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// schedule is a plan that is made from a seed: executions of one state machine start
// and are stopped at random moments, and work, fail, die or hang, with services that
// are slow, throttle and lose answers.
type schedule struct {
	plan
	seed    uint64
	machine machine
	inputs  map[string]object // by the name of the execution
	// crashed has the executions that are stopped from outside.
	crashed map[string]bool
	watch   *watch
	// happened counts what happened in the schedule.
	happened map[string]int
}

// places are where a lock can go wrong. Schedules have to reach all of them.
var places = []string{
	"executions", "in the body", "skipped", "already running", "replaced", "failed", "died",
	"stopped before the body", "stopped in it or after", "timed out before the body", "timed out in it or after",
	"old answers", "throttled requests", "lost answers",
}

// maxExecutions start in one schedule, beside the last one.
const maxExecutions = 50

// oldest is how old the answers of GetExecutionHistory get.
const oldest = 6 * time.Second

func newSchedule(seed uint64, m machine, arn string) *schedule {
	random := rand.New(rand.NewPCG(seed, 1))
	s := &schedule{seed: seed, machine: m, inputs: map[string]object{}, crashed: map[string]bool{}, happened: map[string]int{}, watch: newWatch()}
	count := 2 + random.IntN(4)
	switch dice := random.IntN(100); {
	case dice < 2:
		count = maxExecutions - random.IntN(10)
	case dice < 20:
		count = 6 + random.IntN(10)
	}
	// They start in groups, six on average, so that there are races.
	span := 1 + random.Float64()*20*float64(count)
	crowds := make([]float64, 1+count/6)
	for i := range crowds {
		crowds[i] = random.Float64() * span
	}
	seconds := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	for i := range count {
		at := random.Float64() * span
		if random.IntN(3) > 0 {
			at = crowds[random.IntN(len(crowds))] + random.ExpFloat64()*2
		}
		name := fmt.Sprintf("x%02d", i)
		input := object{"seconds": random.IntN(20), "output": name}
		switch dice := random.IntN(100); {
		case dice < 15:
			input["does"] = "fail"
		case dice < 22:
			input["does"] = "die"
		case dice < 32:
			input["seconds"] = 1000 // until it times out
		case dice < 40:
			input["seconds"] = 35 + random.IntN(30) // it may time out
		}
		s.inputs[name] = input
		s.moments = append(s.moments, moment{after: seconds(at), machine: arn, name: name, input: input})
		if random.IntN(3) == 0 {
			alive := random.ExpFloat64() * 2 // while it sees to its lock
			if random.IntN(2) == 0 {
				alive = random.Float64() * 40
			}
			s.crashed[name] = true
			s.moments = append(s.moments, moment{after: seconds(at + 0.05 + alive), machine: arn, name: name, stops: true})
		}
	}
	s.inputs[last] = object{"seconds": 1, "output": last}
	s.last = moment{after: 2 * time.Hour, machine: arn, name: last, input: s.inputs[last]}
	s.between = s.faults
	ways := rand.New(rand.NewPCG(seed, 2))
	s.engine = []engine.Option{
		engine.WithSeed(seed),
		engine.WithLatency(func() time.Duration {
			if ways.IntN(50) == 0 {
				return time.Duration(ways.IntN(8_000_000)) * time.Microsecond
			}
			return time.Duration(1_000+ways.IntN(80_000)) * time.Microsecond
		}),
		engine.WithIntegration("arn:aws:states:::aws-sdk:sfn:getExecutionHistory", engine.ImmediateFunc(s.lookUp)),
	}
	return s
}

// last is the execution that starts when all others have ended.
const last = "last"

// chance returns a number from 0 to 99 that depends on the request only: calls come
// from goroutines, in any order.
func (s *schedule) chance(r *engine.Request) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, s.seed, r.ExecutionARN, r.StateName, r.Attempt, r.Now.UnixNano())
	n := h.Sum64()
	return (n ^ n>>32) % 100
}

// faults throttles some requests, and loses the answers of others.
func (s *schedule) faults(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
	_, name, _ := cutLast(r.ExecutionARN)
	if name == last {
		return call(ctx, r)
	}
	switch dice := s.chance(r); {
	case dice < 3:
		s.watch.throttled.Add(1)
		return nil, &engine.TaskError{Name: "DynamoDB.ProvisionedThroughputExceededException", Cause: "throttled"}
	case dice < 7:
		_, _ = call(ctx, r)
		s.watch.lostAnswers.Add(1)
		return nil, &engine.TaskError{Name: "DynamoDB.SdkClientException", Cause: "the answer was lost"}
	}
	return call(ctx, r)
}

// lookUp is GetExecutionHistory, which is eventually consistent: every other
// answer is some seconds old, and may not know an execution that has started.
func (s *schedule) lookUp(r *engine.Request) engine.Answer {
	arguments, _ := r.Parameters.(*value.Object)
	v, _ := arguments.Get("ExecutionArn")
	arn, _ := v.(string)
	at := s.watch.now
	if dice := s.chance(r); dice < 50 {
		at = r.Now.Add(-oldest * time.Duration(dice) / 50)
	}
	kind := s.watch.lastEventAt(arn, at)
	if kind != s.watch.lastEventAt(arn, s.watch.now) {
		s.happened["old answers"]++
	}
	if kind == "" {
		return engine.Answer{Err: &engine.TaskError{Name: "Sfn.ExecutionDoesNotExistException", Cause: "Execution Does Not Exist: '" + arn + "'"}}
	}
	return engine.Answer{Output: value.NewObject("Events", []any{value.NewObject("Type", string(kind))})}
}

// problems returns what went wrong in a schedule.
func (s *schedule) problems() []string {
	problems := s.watch.overlaps
	for _, x := range s.watch.of(s.last.machine) {
		if reason := s.wrong(x); reason != "" {
			problems = append(problems, fmt.Sprintf("%s, %s to %s, %s %s %s%s: %s", x.name, x.started.Format(clock), x.ended.Format(clock),
				x.status, x.errorName, x.cause, x.output, reason))
		}
	}
	s.happened["throttled requests"], s.happened["lost answers"] = int(s.watch.throttled.Load()), int(s.watch.lostAnswers.Load())
	return problems
}

// wrong returns what is wrong with the end of an execution, which needs a reason.
func (s *schedule) wrong(x *execution) string {
	s.happened["executions"]++
	entered, place := !x.entered.IsZero(), "before the body"
	if entered {
		s.happened["in the body"]++
		place = "in it or after"
	}
	does := s.inputs[x.name]["does"]
	switch {
	case x.name == last && x.output != `"last"`:
		return "the last one has to get in: all others had ended"
	case x.status == engine.Succeeded && entered:
		if does != nil || x.output != fmt.Sprintf("%q", x.name) {
			return "its body was not to end so"
		}
	case x.status == engine.Succeeded:
		s.happened["skipped"]++
		if s.machine.policy != skip {
			return "it was not to be skipped"
		}
		return s.wrongRefusal(x, x.output)
	case x.status == engine.TimedOut:
		s.happened["timed out "+place]++
		if took := x.ended.Sub(x.started); took < s.machine.timeout {
			return "it timed out too early"
		}
	case x.status == engine.Aborted && x.errorName == "MapJob.Replaced":
		s.happened["replaced"]++
		if s.machine.policy != replace {
			return "it was not to be replaced"
		}
	case x.status == engine.Aborted:
		s.happened["stopped "+place]++
		if !s.crashed[x.name] {
			return "it was not to be stopped"
		}
	case x.errorName == "MapJob.AlreadyRunning":
		s.happened["already running"]++
		if s.machine.policy == skip || s.machine.policy == wait && x.ended.Sub(x.started) < waitLimit {
			return "it was not to be refused"
		}
		return s.wrongRefusal(x, x.cause)
	case x.errorName == "Body.Failed" && does == "fail" && entered:
		s.happened["failed"]++
	case x.errorName == "States.Runtime" && does == "die" && entered:
		s.happened["died"]++
	default:
		return "it has no reason to end so"
	}
	return ""
}

// wrongRefusal returns what is wrong with a refusal, which has to name another
// execution that was running or had just ended.
func (s *schedule) wrongRefusal(x *execution, says string) string {
	for _, owner := range s.watch.of(s.last.machine) {
		if owner != x && strings.Contains(says, owner.arn) {
			if !owner.aliveBetween(x.started.Add(-oldest), x.ended) {
				return "the owner had ended before"
			}
			return ""
		}
	}
	return "it names no other execution"
}
