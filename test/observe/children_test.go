package observe

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/test/synthesis"
)

// The children of each Map of a job count as executions of another state machine.
func TestThrottledHasTheChildrenOfEachMap(t *testing.T) {
	for name, c := range map[string]struct {
		source mapjob.Source
		labels []string
		none   string
	}{
		"a Map that reads the items of reruns": {&mapjob.JSONLines{}, []string{`"/Map"`}, `"/RerunMap"`},
		"a Map of their own":                   {&mapjob.InputList{}, []string{`"/Map"`, `"/RerunMap"`}, `"/None"`},
	} {
		stack := synthesis.Stack(t)
		worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker")})
		job := mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: worker, Source: c.source})
		observe.New(stack, jsii.String("Observe"), &observe.Props{Job: job})
		text, err := json.Marshal(synthesis.Synthesize(t, stack).OfType("AWS::CloudWatch::Alarm"))
		if err != nil {
			t.Fatal(err)
		}
		for _, label := range c.labels {
			if !strings.Contains(string(text), label) {
				t.Errorf("%s: got %s, expected a metric of the children with %s", name, text, label)
			}
		}
		if strings.Contains(string(text), c.none) {
			t.Errorf("%s: got %s, expected no metric of children with %s", name, text, c.none)
		}
	}
}
