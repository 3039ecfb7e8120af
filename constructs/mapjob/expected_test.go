package mapjob_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/synthesis"
)

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(jsii.Number(n)) }

// Each limit has a job that keeps it just so, and one that passes it.
func TestSynthWarnsOfLimitsThatTheExpectedItemsMeet(t *testing.T) {
	for name, c := range map[string]struct {
		timeout  float64 // of the worker, in seconds
		props    mapjob.Props
		expected string // warning; empty for none
	}{
		"nothing expected":     {900, mapjob.Props{Mode: &mapjob.Inline{}}, ""},
		"Inline":               {900, mapjob.Props{Mode: &mapjob.Inline{}, ExpectedItems: jsii.Number(471)}, ""},
		"too many for Inline":  {900, mapjob.Props{Mode: &mapjob.Inline{}, ExpectedItems: jsii.Number(5000)}, "ExpectedItems: got 5,000, which an Inline job can't have, expected at most 471: use &mapjob.Distributed{}"},
		"items that fit":       {900, mapjob.Props{ExpectedItems: jsii.Number(10_000), ExpectedItemTime: seconds(2), Mode: &mapjob.Distributed{BatchSize: jsii.Number(405)}}, ""},
		"batches too long":     {900, mapjob.Props{ExpectedItems: jsii.Number(10_000), ExpectedItemTime: seconds(2), Mode: &mapjob.Distributed{BatchSize: jsii.Number(1000)}}, "Mode.BatchSize: got 1,000 items of 2s, which take 33m20s, expected at most 405 for the worker's 15 minutes"},
		"chunks too long":      {60, mapjob.Props{ExpectedItems: jsii.Number(10_000), ExpectedItemTime: seconds(1), Mode: &mapjob.ByReference{}}, "Mode.ChunkSize: got 1,000 items of 1s, which take 16m40s, expected at most 54 for the worker's 1 minute"},
		"fewer than a batch":   {60, mapjob.Props{ExpectedItems: jsii.Number(54), ExpectedItemTime: seconds(1), Mode: &mapjob.ByReference{}}, ""},
		"an item too long":     {60, mapjob.Props{ExpectedItems: jsii.Number(1), ExpectedItemTime: seconds(61)}, "Mode.BatchSize: got 1 item of 1m1s, which take 1m1s, expected a longer timeout of the worker: got 1m0s"},
		"an Express child":     {300, mapjob.Props{ExpectedItems: jsii.Number(1000), ExpectedItemTime: seconds(3), Mode: &mapjob.Distributed{Children: mapjob.ExpressChildren}}, "Mode.BatchSize: got 100 items of 3s, which take 5m0s, expected at most 89 for the 5 minutes of an Express child"},
		"time enough":          {60, mapjob.Props{ExpectedItems: jsii.Number(100_000), ExpectedItemTime: awscdk.Duration_Millis(jsii.Number(100)), Timeout: awscdk.Duration_Minutes(jsii.Number(10))}, ""},
		"the execution's time": {60, mapjob.Props{ExpectedItems: jsii.Number(10_000_000), ExpectedItemTime: awscdk.Duration_Millis(jsii.Number(100)), Timeout: awscdk.Duration_Hours(jsii.Number(1))}, "Timeout: got 1h0m0s, expected at least 2h4"},
		"items too large":      {60, mapjob.Props{ExpectedItems: jsii.Number(10), ExpectedItemBytes: jsii.Number(300_000)}, "ExpectedItems: got 10, expected at most 0 for the 262,144 bytes of a payload: use ByReference"},
		"tokens":               {60, mapjob.Props{ExpectedItems: awscdk.Token_AsNumber(map[string]any{"Ref": "Items"}), ExpectedItemTime: seconds(3600)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			c.props.Worker = gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), Timeout: seconds(c.timeout)})
			mapjob.New(stack, jsii.String("Job"), &c.props)
			warnings := func(text string) int {
				return len(*assertions.Annotations_FromStack(stack).FindWarning(jsii.String("/Test/Job"), assertions.Match_StringLikeRegexp(jsii.String(regexp.QuoteMeta(text)))))
			}
			if c.expected == "" {
				if got := warnings("got"); got != 0 {
					t.Errorf("got %d warnings, expected none", got)
				}
			} else if all, fitting := warnings("got"), warnings(c.expected); all != 1 || fitting != 1 {
				t.Errorf("got %d warnings, %d of them %q, expected one", all, fitting, c.expected)
			}
		})
	}
}

func TestThePlannerFindsWhatAJobExpects(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), ExpectedItems: jsii.Number(1000), ExpectedItemBytes: jsii.Number(200),
		ExpectedItemTime: awscdk.Duration_Millis(jsii.Number(15))})
	mapjob.New(stack, jsii.String("Other"), &mapjob.Props{Worker: function(stack, "OtherWorker")})
	template := synthesis.Synthesize(t, stack)
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	const expected = `"mapjob:expected":{"itemBytes":200,"itemMs":15,"items":1000}`
	if got := strings.Count(string(text), protocol.ExpectedMetadata); got != 1 || !strings.Contains(string(text), expected) {
		t.Errorf("got %d jobs with %s, expected one with %s", got, protocol.ExpectedMetadata, expected)
	}
}

func TestExpectationsThatAreRefused(t *testing.T) {
	for expected, props := range map[string]mapjob.Props{
		"ExpectedItems: got 0":                                     {ExpectedItems: jsii.Number(0)},
		"ExpectedItems: got 1.5":                                   {ExpectedItems: jsii.Number(1.5)},
		"ExpectedItemBytes: got bytes without ExpectedItems":       {ExpectedItemBytes: jsii.Number(10)},
		"ExpectedItemTime: got a time without ExpectedItems":       {ExpectedItemTime: seconds(1)},
		"ExpectedItemTime: got 0 ms, expected more than 0":         {ExpectedItems: jsii.Number(1), ExpectedItemTime: seconds(0)},
		"ExpectedItemBytes: got 0, expected a whole number from 1": {ExpectedItems: jsii.Number(1), ExpectedItemBytes: jsii.Number(0)},
	} {
		stack := synthesis.Stack(t)
		props.Worker = function(stack, "Worker")
		func() {
			defer func() {
				if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), expected) {
					t.Errorf("got %v, expected %s", err, expected)
				}
			}()
			mapjob.New(stack, jsii.String("Job"), &props)
		}()
	}
}
