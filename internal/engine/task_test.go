package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

func task(fields string) string {
	caught := ""
	if strings.Contains(fields, `"Caught"`) {
		caught = `,"Caught":{"Type":"Pass","End":true}`
	}
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"Done"` + fields + `},
		"Done":{"Type":"Succeed"}` + caught + `}}`
}

func TestTaskTimesOut(t *testing.T) {
	slow := engine.ImmediateFunc(func(*engine.Request) engine.Answer { return engine.Answer{Output: 1.0, Takes: time.Minute} })
	x := run(t, task(`,"TimeoutSeconds":5,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Caught"}]`), `{}`, engine.WithIntegration(lambda, slow))
	succeeds(t, x, `{"Error":"States.Timeout","Cause":""}`)
	if took := x.Stop.Sub(x.Start); took != 5*time.Second {
		t.Errorf("got %v, expected 5s", took)
	}
}

// A computed timeout may have 0 to 99,999,999 seconds.
func TestComputedTimeouts(t *testing.T) {
	prompt := engine.ImmediateFunc(func(*engine.Request) engine.Answer { return engine.Answer{Output: 1.0} })
	for _, field := range []string{"TimeoutSeconds", "HeartbeatSeconds"} {
		jsonata := strings.Replace(task(`,"`+field+`":"{% $states.input.s %}"`), `{`, `{"QueryLanguage":"JSONata",`, 1)
		for _, definition := range []string{task(`,"` + field + `Path":"$.s"`), jsonata} {
			for seconds, ok := range map[string]bool{"0": true, "1": true, "99999999": true, "100000000": false, "-1": false} {
				x := run(t, definition, `{"s":`+seconds+`}`, engine.WithIntegration(lambda, prompt))
				if expected := map[bool]string{true: "", false: "States.Runtime"}[ok]; x.Error != expected {
					t.Errorf("%s of %s seconds: got error %q: %s, expected %q", field, seconds, x.Error, x.Cause, expected)
				}
			}
		}
	}
}

func TestCallbacks(t *testing.T) {
	const definition = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":10,
		"Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}}}`
	sqs := func(answer func(*engine.Callback)) engine.Option {
		return engine.WithIntegration("arn:aws:states:::sqs:*", engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
			if token, _ := r.Parameters.(*value.Object).Get("MessageBody"); token != r.Callback.Token {
				t.Errorf("got the token %v, expected %s", token, r.Callback.Token)
			}
			answer(r.Callback)
			return engine.Answer{Output: "sent"}
		}))
	}
	succeeds(t, run(t, definition, `{}`, sqs(func(c *engine.Callback) { c.Success("answer") })), `"answer"`)
	fails(t, run(t, definition, `{}`, sqs(func(c *engine.Callback) { c.Failure("No", "because") })), "No", "because")
	var callback *engine.Callback
	x := run(t, definition, `{}`, sqs(func(c *engine.Callback) {
		if callback = c; c.Over() {
			t.Error("got a callback that is over before the task has begun to wait")
		}
	}))
	fails(t, x, "States.Timeout", "")
	if !callback.Over() {
		t.Error("got a callback that is not over, expected it to be when the task's time is up")
	}
	if took := x.Stop.Sub(x.Start); took != 10*time.Second {
		t.Errorf("got a timeout after %v, expected 10s without a heartbeat", took)
	}
}

func TestASendTaskFailureWithoutErrorAndCauseGivesNullsToTheCatch(t *testing.T) {
	const definition = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true,
		"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"C"}]},"C":{"Type":"Pass","End":true}}}`
	for name, expected := range map[string]string{"": `{"Error":null,"Cause":null}`, "Bad": `{"Error":"Bad","Cause":null}`} {
		succeeds(t, run(t, definition, `{}`, engine.WithIntegration("arn:aws:states:::sqs:*", engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
			r.Callback.Failure(name, "")
			return engine.Answer{Output: "sent"}
		}))), expected)
	}
}

func TestHeartbeatsDoNotExtendTimeoutSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine := parse(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","TimeoutSeconds":60,"HeartbeatSeconds":20,"End":true}}}`)
		e, err := engine.New(machine, engine.WithIntegration("arn:aws:states:::sqs:*", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
			go func() {
				for !r.Callback.Over() {
					time.Sleep(15 * time.Second)
					r.Callback.Heartbeat()
				}
			}()
			return "sent", nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		x, err := e.Run(context.Background(), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		fails(t, x, "States.Timeout", "")
		if took := x.Stop.Sub(x.Start); took != time.Minute {
			t.Errorf("got a timeout after %v, expected it after 60s in spite of heartbeats", took)
		}
		time.Sleep(time.Minute) // until the heartbeats have ended
	})
}

func TestCallbackFromAnotherGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine := parse(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":60,"End":true}}}`)
		e, err := engine.New(machine, engine.WithIntegration("arn:aws:states:::sqs:*", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
			go func() {
				time.Sleep(50 * time.Second)
				r.Callback.Heartbeat()
				time.Sleep(50 * time.Second)
				r.Callback.Success("later")
			}()
			return "sent", nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		x, err := e.Run(context.Background(), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		succeeds(t, x, `"later"`)
		if took := x.Stop.Sub(x.Start); took != 100*time.Second {
			t.Errorf("got the answer after %v, expected it after 100s, kept alive by a heartbeat", took)
		}
	})
}

func TestJobsAreSubmitted(t *testing.T) {
	for _, reported := range []bool{true, false} {
		var events []event.Type
		x := run(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","End":true}}}`, `{}`,
			engine.WithIntegration("arn:aws:states:::glue:*", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
				if reported {
					r.Submitted("started")
				}
				return "done", nil
			})), types(&events))
		succeeds(t, x, `"done"`)
		if !slices.Contains(events, event.TaskSubmitted) {
			t.Errorf("got %v, expected TaskSubmitted", events)
		}
	}
}

func TestBlockingCallsRepeatExactly(t *testing.T) {
	record := func(t *testing.T) string {
		var text strings.Builder
		run(t, `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"U"},"U":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}`,
			`[1,2,3,4,5,6,7,8]`, engine.WithIntegration(lambda, engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
				time.Sleep(time.Duration(rand.IntN(500)) * time.Second)
				return r.Parameters, nil
			})), engine.WithHistory(func(e event.Event) { fmt.Fprintf(&text, "%d<%d %s\n", e.ID, e.PreviousID, e.Type) }))
		return text.String()
	}
	synctest.Test(t, func(t *testing.T) {
		first := record(t)
		for range 5 {
			if diff := cmp.Diff(first, record(t)); diff != "" {
				t.Fatalf("two runs differ (-first +second):\n%s", diff)
			}
		}
	})
}
