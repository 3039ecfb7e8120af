package main

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
	"github.com/mapjob/mapjob/sfntest/jobcheck"

	"example.com/water/meters"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// template is what cdk deploy would ship. Its functions are not built.
var template = sync.OnceValue(func() []byte {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	text, err := json.Marshal(assertions.Template_FromStack(NewStack(app, "Water"), nil).ToJSON())
	if err != nil {
		panic(err)
	}
	return text
})

// account is what the job's output says.
type account struct {
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
}

// functions are those of the job. They count the meters that the worker has handled.
func functions(handled *atomic.Int32) []sfntest.Option {
	send := func(ctx context.Context, r meters.Reading) (meters.Bill, error) {
		handled.Add(1)
		return meters.Send(ctx, r)
	}
	return []sfntest.Option{
		sfntest.Handle("JobStart", job.Start(meters.Readings)),
		sfntest.Handle("Worker", job.Work(send)),
		sfntest.Handle("Summary", job.Summarize(meters.Total)),
	}
}

// night runs the job of 200 meters in virtual time. It returns the job's account, and
// how many meters its worker has handled.
func night(t *testing.T, faults ...sfntest.Fault) (counted account, handled int32) {
	var calls atomic.Int32
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, append(functions(&calls), sfntest.Inject(faults...))...)
		x := w.Start("Billing", meters.Night{Meters: 200})
		x.RunToEnd()
		x.Output(&counted)
	})
	return counted, calls.Load()
}

func TestANight(t *testing.T) {
	if counted, handled := night(t); counted != (account{196, 4}) || handled != 200 {
		t.Errorf("got %+v of %d meters, expected 196 bills and 4 failures of 200", counted, handled)
	}
}

// A batch is handled again, and each meter in it is counted once.
func TestACrashAfterTheWork(t *testing.T) {
	counted, handled := night(t, sfntest.Fault{Fault: "crash", When: "after", Function: "Worker"})
	t.Logf("the worker has handled %d meters", handled)
	if counted != (account{196, 4}) || handled <= 200 {
		t.Errorf("got %+v of %d meters, expected 196 bills and 4 failures of more than 200", counted, handled)
	}
}

func TestALostAnswer(t *testing.T) {
	counted, handled := night(t, sfntest.Fault{Fault: "lost", Function: "Worker"})
	t.Logf("the worker has handled %d meters", handled)
	if counted != (account{196, 4}) || handled <= 200 {
		t.Errorf("got %+v of %d meters, expected 196 bills and 4 failures of more than 200", counted, handled)
	}
}

// Whatever goes wrong, a job keeps its promises.
func TestNightsWithAnyFaults(t *testing.T) {
	sfntest.Explore(t, sfntest.Parse(t, template()), sfntest.Sweep{
		Options:    func(*sfntest.Run) []sfntest.Option { return functions(new(atomic.Int32)) },
		Do:         func(r *sfntest.Run) { r.Start("Billing", meters.Night{Meters: 200}).RunToEnd() },
		Invariants: jobcheck.Invariants("Billing"),
	})
}
