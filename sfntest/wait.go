package sfntest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// Wait is something that an execution waits for.
type Wait struct {
	// For is "timer", "token", "function", "task" or "execution", which is one that
	// a task has started.
	For       string
	Execution string    // ARN of the one that waits, which may be a child
	State     string    // path
	Until     time.Time // of a timer or a timeout; zero: none
	Token     string    // of a task

	world    *World
	callback *engine.Callback
}

// Succeed answers the token as SendTaskSuccess does, when the World runs next. The
// output is encoded as JSON.
func (k *Wait) Succeed(output any) {
	k.world.t.Helper()
	text, err := encoded(output)
	if err != nil {
		k.world.t.Fatalf("Succeed: encoding the output: %v", err)
	}
	if most := engine.AWSLimits.PayloadBytes; len(text) > most {
		k.world.t.Fatalf("Succeed: got an output of %d bytes, expected at most %d", len(text), most)
	}
	v, err := value.Parse(text)
	if err != nil {
		k.world.t.Fatalf("Succeed: %v", err)
	}
	k.answer("Succeed").Success(v)
}

// Fail answers the token as SendTaskFailure does, when the World runs next.
func (k *Wait) Fail(name, cause string) {
	k.world.t.Helper()
	k.world.checkError("Fail", name, cause)
	k.answer("Fail").Failure(name, cause)
}

// Heartbeat reports that the work goes on as SendTaskHeartbeat does, when the World
// runs next.
func (k *Wait) Heartbeat() {
	k.world.t.Helper()
	k.answer("Heartbeat").Heartbeat()
}

func (k *Wait) answer(method string) *engine.Callback {
	k.world.t.Helper()
	switch {
	case k.callback == nil:
		k.world.t.Fatalf("%s: state %s waits for %s, expected a token", method, k.State, k.what())
	case k.callback.Over():
		k.world.t.Fatalf("%s: the task of state %s is over, expected one that waits", method, k.State)
	case k.world.answered[k.callback]:
		k.world.t.Fatalf("%s: the task of state %s has an answer already, expected one", method, k.State)
	}
	if method != "Heartbeat" {
		k.world.answered[k.callback] = true
	}
	return k.callback
}

// checkError fails the test if AWS refuses an error and its cause.
func (w *World) checkError(method, name, cause string) {
	w.t.Helper()
	for _, text := range []struct {
		what, value string
		most        int
	}{{"an error", name, 256}, {"a cause", cause, 32768}} {
		if n := utf8.RuneCountInString(text.value); n > text.most {
			w.t.Fatalf("%s: got %s of %d characters, expected at most %d", method, text.what, n, text.most)
		}
	}
}

// what returns what the wait is for, with its article.
func (k *Wait) what() string {
	if k.For == "execution" {
		return "an execution"
	}
	return "a " + k.For
}

// String returns which state waits for what, such as state Ask waits for a token.
func (k *Wait) String() string { return fmt.Sprintf("state %s waits for %s", k.State, k.what()) }

// Waits lists what executions wait for, the earliest time first.
func (w *World) Waits() []*Wait {
	var list []*Wait
	for _, x := range w.Executions() {
		list = append(list, x.waits()...)
	}
	return sorted(list)
}

// Waits lists what the execution and its children wait for, the earliest time first.
func (x *Execution) Waits() []*Wait { return sorted(x.waits()) }

func (x *Execution) waits() []*Wait {
	var list []*Wait
	for _, p := range x.places() {
		k := &Wait{Execution: p.Execution, State: p.Path, Until: p.Wait.Until, world: x.world}
		switch p.Wait.Kind {
		case engine.WaitsForTimer, engine.WaitsForRetry:
			k.For = "timer"
		case engine.WaitsForToken:
			k.For, k.callback, k.Token = "token", p.Wait.Callback, p.Wait.Callback.Token
		case engine.WaitsForExecution:
			k.For = "execution"
		case engine.WaitsForCall:
			k.For = "task"
			if arn := p.State.Task.Resource.ARN; strings.Contains(arn, ":lambda:") {
				k.For = "function"
			}
		default:
			continue
		}
		list = append(list, k)
	}
	return list
}

func sorted(list []*Wait) []*Wait {
	slices.SortStableFunc(list, func(a, b *Wait) int {
		switch {
		case a.Until.IsZero() && b.Until.IsZero():
			return 0
		case a.Until.IsZero():
			return 1
		case b.Until.IsZero():
			return -1
		}
		return a.Until.Compare(b.Until)
	})
	return list
}

// describeWaits says what a test could do about waits. If the execution waits for
// another one, it lists the waits of all executions.
func (x *Execution) describeWaits() string {
	list, of := x.Waits(), "Waits"
	if slices.ContainsFunc(list, func(k *Wait) bool { return k.For == "execution" }) {
		list, of = x.world.Waits(), "World.Waits"
	}
	var lines []string
	for i, k := range list {
		line := "  " + k.String()
		if k.For == "token" {
			line += fmt.Sprintf(": answer it with %s()[%d].Succeed(…) or Fail(…)", of, i)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (x *Execution) places() []engine.Place {
	places, _ := x.world.session.Places(x.arn)
	return places
}

// States returns the states that the execution is in: several in a Parallel or a
// Map, as paths such as "Locked/Map/Worker".
func (x *Execution) States() []string {
	var paths []string
	for _, p := range x.places() {
		paths = append(paths, p.Path)
	}
	return paths
}

// Variables returns the variables that the current states see, as JSON. A variable
// that several branches have is that of the first.
func (x *Execution) Variables() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, p := range slices.Backward(x.places()) {
		for name, v := range p.Variables.All() {
			all[name] = value.Append(nil, v)
		}
	}
	return all
}
