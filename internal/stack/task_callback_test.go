package stack

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
)

// waiting is a state machine that hands the token of its task to the function
// and waits for the answer.
func waiting(payload, more object) object {
	payload["token"] = "{% $states.context.Task.Token %}"
	return single("arn:aws:states:::lambda:invoke.waitForTaskToken", object{"FunctionName": "Stack-Function", "Payload": payload}, more)
}

func TestAFunctionAnswersATaskToken(t *testing.T) {
	c := start(t, object{
		"Function": function(),
		"Success":  waiting(object{"operation": "SendTaskSuccess"}, nil),
		"Failure":  waiting(object{"operation": "SendTaskFailure"}, nil),
		// Without the heartbeats the second would be over before the answer.
		"Heartbeats": waiting(object{"operation": "SendTaskSuccess", "heartbeats": 4}, object{"HeartbeatSeconds": 1}),
		"Silence":    waiting(object{"operation": "SendTaskHeartbeat"}, object{"HeartbeatSeconds": 1}),
		"Crash":      waiting(object{"fail": "broken"}, nil),
	})
	for name, expected := range map[string]struct{ status, error, cause string }{
		"Success":    {status: engine.Succeeded},
		"Failure":    {engine.Failed, "Refused", "the function said no"},
		"Heartbeats": {status: engine.Succeeded},
		"Silence":    {status: engine.Failed, error: "States.Timeout"},
		"Crash":      {engine.Failed, "errorString", "broken"},
	} {
		x := execute(t, c, name, `{}`)
		if x.Status != expected.status || x.Error != expected.error || !strings.Contains(x.Cause, expected.cause) {
			t.Errorf("%s: got %s with %q: %q, expected %v", name, x.Status, x.Error, x.Cause, expected)
		}
		if x.Status == engine.Succeeded && string(x.Output) != `{"answered":true}` {
			t.Errorf("%s: got %s, expected the output that the function sent", name, x.Output)
		}
	}
	if n := len(c.api.waiting); n != 0 {
		t.Errorf("got %d tokens that are waited for, expected none when no execution runs", n)
	}
}

func TestTheStepFunctionsAPIRefusesWhatItCannotDo(t *testing.T) {
	c, err := startStepFunctions(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, test := range []struct{ operation, body, expected string }{
		{"SendTaskSuccess", `{"taskToken": "made up", "output": "1"}`, "InvalidToken"},
		{"SendTaskHeartbeat", `{"taskToken": "` + strings.Repeat("x", tokenSize) + `"}`, "TaskTimedOut"},
		{"SendTaskSuccess", `{"taskToken": "made up", "output": "no JSON"}`, "InvalidOutput"},
		{"SendTaskSuccess", `{"taskToken": "made up", "output": "\"` + strings.Repeat("x", engine.AWSLimits.PayloadBytes) + `\""}`, "InvalidOutput"},
		{"SendTaskFailure", `[`, "SerializationException"},
		{"ListExecutions", `{}`, "UnknownOperationException"},
	} {
		request, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Amz-Target", apiTarget+test.operation)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var got apiError
		if err := json.NewDecoder(response.Body).Decode(&got); err != nil || response.StatusCode != http.StatusBadRequest || got.Type != test.expected {
			t.Errorf("%s of %.60s: got %s %v and error %v, expected %s", test.operation, test.body, response.Status, got, err, test.expected)
		}
	}
}
