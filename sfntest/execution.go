package sfntest

import (
	"encoding/json"

	"github.com/mapjob/mapjob/internal/engine"
)

// Execution is an execution of a [World].
type Execution struct {
	world *World
	arn   string
}

// ARN returns the ARN.
func (x *Execution) ARN() string { return x.arn }

// RunToEnd runs until the execution has ended. It fails the test if the execution
// waits for something without an end, and lists what for and how to answer it.
func (x *Execution) RunToEnd() {
	x.world.t.Helper()
	defer x.world.alone("RunToEnd")()
	x.world.session.RunToEnd(x.arn)
	x.world.record.Flush()
	x.world.stopIfOver()
	if x.Status() == engine.Running {
		x.world.t.Fatalf("RunToEnd: %s waits without an end:\n%s%s", x.world.record.Label(x.arn), x.describeWaits(), x.tail())
	}
}

func (x *Execution) result() *engine.Execution {
	r, ok := x.world.session.Result(x.arn)
	if !ok {
		x.world.t.Helper()
		x.world.t.Fatalf("execution %s: not found", x.arn)
	}
	return r
}

// Status returns RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
func (x *Execution) Status() string { return x.result().Status }

// Err returns the error of an execution that did not succeed, else nil.
func (x *Execution) Err() *Error {
	r := x.result()
	if r.Status == engine.Running || r.Status == engine.Succeeded {
		return nil
	}
	return &Error{r.Error, r.Cause}
}

// Output decodes the output. It fails the test, with the end of the history, unless
// the execution has succeeded.
func (x *Execution) Output(into any) {
	x.world.t.Helper()
	r := x.result()
	if r.Status != engine.Succeeded {
		text := r.Status
		if e := x.Err(); e != nil && e.Name != "" {
			text += " with " + e.Error()
		}
		x.world.t.Fatalf("Output: got an execution that is %s, expected one that has succeeded%s", text, x.tail())
	}
	if err := json.Unmarshal(r.Output, into); err != nil {
		x.world.t.Fatalf("Output: got %s: %v", r.Output, err)
	}
}

// Stop stops the execution as StopExecution does, when the World runs next.
func (x *Execution) Stop(name, cause string) {
	x.world.t.Helper()
	x.world.checkError("Stop", name, cause)
	x.world.session.Stop(x.arn, name, cause)
}
