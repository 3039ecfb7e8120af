package sfnapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/loopback/loopbacktest"
)

func TestNoPageStartsAnExecutionOrAnswersATask(t *testing.T) {
	s := waiting{"Slow": {engine.Standard, 3600}}.serve(t)
	server := httptest.NewServer(s)
	defer server.Close()
	const start = `{"stateMachineArn":"` + machines + `Slow","name":"page","input":"{}"}`
	requests := loopbacktest.JSON(apiTarget, map[string]string{
		"StartExecution":       start,
		"StartSyncExecution":   start,
		"StopExecution":        `{"executionArn":"` + executionsARN + `Slow:page"}`,
		"DescribeExecution":    `{"executionArn":"` + executionsARN + `Slow:page"}`,
		"GetExecutionHistory":  `{"executionArn":"` + executionsARN + `Slow:page"}`,
		"ListExecutions":       `{"stateMachineArn":"` + machines + `Slow"}`,
		"ListStateMachines":    `{}`,
		"DescribeStateMachine": `{"stateMachineArn":"` + machines + `Slow"}`,
		"SendTaskSuccess":      `{"taskToken":"x","output":"{}"}`,
		"SendTaskFailure":      `{"taskToken":"x"}`,
		"SendTaskHeartbeat":    `{"taskToken":"x"}`,
	})
	loopbacktest.Refused(t, server.URL, append(requests, loopbacktest.Request{Method: http.MethodGet, Path: "/"}))
	if _, refused := call(t, s, "DescribeExecution", object{"executionArn": executionsARN + "Slow:page"}); refused != "ExecutionDoesNotExist" {
		t.Errorf("got %q, expected no execution", refused)
	}
	one := loopbacktest.JSON(apiTarget, map[string]string{"StartExecution": start})[0]
	if status := loopbacktest.Served(t, server.URL, one); status != http.StatusOK {
		t.Errorf("got status %d for a program of this machine, expected 200", status)
	}
}
