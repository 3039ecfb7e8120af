package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

// recorded is one case.
type recorded struct {
	*value.Object
	id   string
	test string
	// custom answers for functions whose behaviour was not recorded.
	custom *replay
}

func newRecorded(v any) *recorded {
	object, _ := v.(*value.Object)
	return &recorded{Object: object, id: text(v, "id"), test: text(v, "test")}
}

// cannot returns what a case needs that one machine does not have, or "".
func (c *recorded) cannot() string {
	for _, need := range list(c.Object, "needs") {
		switch need {
		case "cross-account", "secretsmanager":
			return need.(string)
		case "activity-worker":
			// The answer of a worker can be replayed if there was one.
			if !slices.ContainsFunc(list(c.Object, "expect", "tasks"), func(t any) bool { return text(t, "type") == "ActivityScheduled" }) {
				return "activity-worker"
			}
		}
	}
	return ""
}

const (
	account = "111111111111"
	machine = "arn:aws:states:us-east-1:" + account + ":stateMachine:machine"
)

// check runs the case and returns how the answer differs, or "".
func (c *recorded) check() string {
	definition := []byte(text(c.Object, "definitionText"))
	if d := get(c.Object, "definition"); d != nil {
		if state, ok := d.(*value.Object); ok && c.tests() && text(state, "Type") != "" {
			d = c.oneState(state)
		}
		definition = value.Append(nil, d)
	}
	parsed, err := asl.Parse(definition)
	expect := get(c.Object, "expect")
	if text(expect, "status") == "INVALID_DEFINITION" {
		return c.checkRefusal(parsed, err)
	}
	if result := text(expect, "output", "result"); text(c.Object, "api") == "ValidateStateMachineDefinition" && result != "" {
		if (err == nil) != (result == "OK") {
			return fmt.Sprintf("got %v, expected the result %s", err, result)
		}
		return ""
	}
	if err != nil {
		return "the definition is refused: " + err.Error()
	}
	var events []string
	var scheduled []*value.Object
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stop := c.stopsByHand()
	arn := machine
	options := []engine.Option{
		engine.WithSeed(1), engine.WithClock(engine.VirtualClock(c.now())),
		engine.WithRoleARN("snf_role_arn"), engine.WithStateMachineARN(machine),
		engine.WithObjects(c.objects()), engine.WithExecutionName("execution"),
		engine.WithHistory(func(e event.Event) {
			if strings.Contains(e.ExecutionARN, arn[strings.LastIndex(arn, ":"):]+":execution") {
				events = append(events, string(e.Type))
				if e.Type == event.TaskScheduled || e.Type == event.LambdaFunctionScheduled {
					_, details := e.Details()
					scheduled = append(scheduled, details)
				}
			}
			if stop != nil && strings.HasSuffix(string(e.Type), "StateEntered") {
				cancel(stop)
			}
		}),
	}
	if text(c.Object, "type") == "EXPRESS" {
		options = append(options, engine.WithType(engine.Express))
	}
	options, err = c.otherMachines(options)
	if err != nil {
		return err.Error()
	}
	options = append(options, c.integrations(parsed)...)
	e, err := engine.New(parsed, options...)
	if err != nil {
		return "it cannot be run: " + err.Error()
	}
	x, err := e.Run(ctx, value.Append(nil, get(c.Object, "input")))
	if err != nil {
		return "it cannot be run: " + err.Error()
	}
	problem := c.compare(x, events)
	if tasks := c.compareScheduled(scheduled); tasks != "" {
		problem = strings.TrimPrefix(problem+"\n"+tasks, "\n")
	}
	return problem
}

func (c *recorded) now() time.Time {
	if now, err := time.Parse(time.RFC3339Nano, text(c.Object, "now")); err == nil {
		return now
	}
	return time.Date(2026, 3, 14, 1, 59, 0, 0, time.UTC)
}

// stopsByHand returns the error with which StopExecution was called, or nil if it
// was not.
func (c *recorded) stopsByHand() error {
	for _, h := range c.harness() {
		if text(h, "kind") == "stop_execution" {
			return &engine.TaskError{Name: text(h, "error"), Cause: text(h, "cause")}
		}
	}
	return nil
}

func (c *recorded) harness() []any {
	if l := list(c.Object, "harness"); l != nil {
		return l
	}
	if h := get(c.Object, "harness"); h != nil {
		return []any{h}
	}
	return nil
}

func (c *recorded) otherMachines(options []engine.Option) ([]engine.Option, error) {
	for _, other := range list(c.Object, "otherMachines") {
		m, err := asl.Parse(value.Append(nil, get(other, "definition")))
		if err != nil {
			return nil, fmt.Errorf("the definition of %s is refused: %w", text(other, "arn"), err)
		}
		options = append(options, engine.WithStateMachine(text(other, "arn"), m, engine.Type(text(other, "type"))))
	}
	if text(c.Object, "expect", "status") != "" && slices.Contains(list(c.Object, "needs"), any("states")) {
		options = append(options, engine.WithStateMachine("arn:aws:states:us-east-1:"+account+":stateMachine:none", mustParse(), engine.Standard))
	}
	return options, nil
}

func mustParse() *asl.StateMachine {
	m, err := asl.Parse([]byte(`{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`))
	if err != nil {
		panic(err)
	}
	return m
}

// checkRefusal compares the reason why a definition is refused.
func (c *recorded) checkRefusal(parsed *asl.StateMachine, err error) string {
	if err == nil && text(c.Object, "type") == "EXPRESS" {
		err = parsed.CheckExpress()
	}
	var problems asl.Problems
	if !errors.As(err, &problems) {
		return "got a definition that parses, expected it to be refused"
	}
	got := problems.ServiceText()
	expected := text(c.Object, "expect", "cause")
	if expected != "" && !strings.HasSuffix(expected, got) {
		return fmt.Sprintf("got %s, expected %s", got, expected)
	}
	return ""
}
