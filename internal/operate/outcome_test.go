package operate

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/protocol"
)

// mapRun is an [API] of executions with one Map Run, or none.
type mapRun struct {
	API
	none bool
}

func (m mapRun) ListMapRuns(_ context.Context, in *sfn.ListMapRunsInput, _ ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	if m.none {
		return &sfn.ListMapRunsOutput{}, nil
	}
	return &sfn.ListMapRunsOutput{MapRuns: []types.MapRunListItem{{ExecutionArn: in.ExecutionArn, MapRunArn: aws.String("arn:aws:states:us-east-1:123456789012:mapRun:Nightly/Map:7b5f")}}}, nil
}

func (mapRun) DescribeMapRun(context.Context, *sfn.DescribeMapRunInput, ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error) {
	return &sfn.DescribeMapRunOutput{RedriveCount: aws.Int32(0)}, nil
}

func TestTheOutcomeOfAnItemSaysWhenItEnded(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 2, 0, 0, 0, time.UTC)
	ended := &Execution{ARN: "arn", Name: "monday", Status: "SUCCEEDED", Account: &protocol.Account{Report: &protocol.Folder{Bucket: "b", Prefix: "n/monday/report"}}}
	const folder = "n/monday/results/7b5f/"
	store := objects{
		folder + "manifest.json":     `{"DestinationBucket": "b", "ResultFiles": {"SUCCEEDED": [{"Key": "` + folder + `SUCCEEDED_0.jsonl"}], "FAILED": [{"Key": "` + folder + `FAILED_0.json"}], "PENDING": []}}`,
		folder + "SUCCEEDED_0.jsonl": `{"index":0,"status":"SUCCEEDED"}` + "\n" + `{"index":1,"status":"FAILED","error":"NoPrice","cause":"none","startedAt":1773453600000,"ms":1500}` + "\n",
		folder + "FAILED_0.json":     `[{"Status":"FAILED","Error":"Crash","Cause":"oh","Input":"{\"BatchInput\":{},\"Items\":[{\"index\":2,\"item\":5}]}","StopDate":"2026-03-14T02:00:07.000Z"}]`,
	}
	s := &Service{API: mapRun{}, Store: store}
	o, why := s.Outcome(t.Context(), ended, 1)
	if o == nil || o.Error != "NoPrice" || o.Cause != "none" || !o.StartedAt.Equal(at) || !o.EndedAt.Equal(at.Add(1500*time.Millisecond)) || *o.Ms != 1500 || o.Retryable {
		t.Errorf("got %+v and %q, expected what the worker has answered", o, why)
	}
	o, why = s.Outcome(t.Context(), ended, 2)
	if o == nil || o.Error != "Crash" || o.StartedAt != nil || o.Ms != nil || !o.EndedAt.Equal(at.Add(7*time.Second)) || !o.Retryable {
		t.Errorf("got %+v and %q, expected when the batch has ended and no duration", o, why)
	}
	if o, why = s.Outcome(t.Context(), ended, 0); o == nil || o.EndedAt != nil || o.Status != protocol.Succeeded {
		t.Errorf("got %+v and %q, expected an outcome without times", o, why)
	}
	const chunk = `{\"BatchInput\":{\"execution\":\"arn\",\"outcomes\":{\"bucket\":\"b\",\"prefix\":\"n/monday/outcomes\"}},\"Chunk\":{\"bucket\":\"b\",\"key\":\"k\",\"first\":4,\"count\":3}}`
	store[folder+"FAILED_0.json"] = `[{"Status":"FAILED","Error":"Crash","Cause":"oh","Input":"` + chunk + `","StopDate":"2026-03-14T02:00:07.000Z"}]`
	store["n/monday/outcomes/000000000004/a-0000.jsonl"] = `{"index":5,"status":"SUCCEEDED","startedAt":1773453600000}` + "\n"
	if o, why = s.Outcome(t.Context(), ended, 5); o == nil || o.Status != protocol.Succeeded || o.Error != "" {
		t.Errorf("got %+v and %q, expected what a try of the chunk has stored, although its child failed", o, why)
	}
	if o, why = s.Outcome(t.Context(), ended, 6); o == nil || o.Error != "Crash" {
		t.Errorf("got %+v and %q, expected the error of the child", o, why)
	}
	own := &Execution{Status: "FAILED", own: true}
	for name, c := range map[string]struct {
		s    *Service
		x    *Execution
		item int
		why  string
	}{
		"another item":     {s, ended, 3, "the results have no outcome of the item"},
		"it runs":          {s, &Execution{Status: "RUNNING"}, 1, "it runs, or it ended before its summary"},
		"no report":        {s, &Execution{Status: "FAILED", Name: "monday"}, 1, "the execution has no report"},
		"Inline":           {&Service{API: mapRun{none: true}, Store: store}, ended, 1, "an Inline Map keeps its outcomes in the execution's history"},
		"results are gone": {&Service{API: mapRun{}, Store: objects{}}, ended, 1, folder + "manifest.json"},
		"a file is gone":   {&Service{API: mapRun{}, Store: objects{folder + "manifest.json": store[folder+"manifest.json"]}}, ended, 1, "SUCCEEDED_0.jsonl"},
		"a cut file":       {&Service{API: mapRun{}, Store: objects{folder + "manifest.json": `{"Destin`}}, ended, 1, folder + "manifest.json"},
		"a cut own file":   {&Service{Store: objects{"results.jsonl": `{"index":0,"status":"SUCCEEDED"}` + "\n{"}}, own, 1, "reading results.jsonl of the run"},
	} {
		if o, why := c.s.Outcome(t.Context(), c.x, c.item); o != nil || !strings.Contains(why, c.why) {
			t.Errorf("%s: got %+v and %q, expected %q", name, o, why, c.why)
		}
	}
	s = &Service{Store: objects{"results.jsonl": `{"index":8,"status":"FAILED","error":"Crash","batchEndedAt":1773453607000}` + "\n"}}
	if o, why := s.Outcome(t.Context(), own, 8); o == nil || o.Ms != nil || o.EndedAt == nil || !o.EndedAt.Equal(at.Add(7*time.Second)) {
		t.Errorf("got %+v and %q, expected when the batch has ended", o, why)
	}
	s = &Service{Store: objects{"results.jsonl": `{"index":7,"status":"FAILED","error":"Bad","startedAt":1773453600000}` + "\n"}}
	if o, why := s.Outcome(t.Context(), own, 7); o == nil || o.Error != "Bad" || o.Ms == nil || *o.Ms != 0 {
		t.Errorf("got %+v and %q, expected what mapjob run has written", o, why)
	}
}
