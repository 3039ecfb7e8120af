package stack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mapjob/mapjob/internal/engine/enginetest"
	"github.com/mapjob/mapjob/internal/invocation"
)

func TestFailedEventsAreRetriedAndReported(t *testing.T) {
	config := func(function string, properties object) object {
		properties["FunctionName"], properties["Qualifier"] = object{"Ref": function}, "$LATEST"
		return object{"Type": "AWS::Lambda::EventInvokeConfig", "Properties": properties}
	}
	notified := object{"OnFailure": object{"Destination": getAtt("Failures", "Arn")}, "OnSuccess": object{"Destination": getAtt("Successes", "Arn")}}
	c := start(t, object{
		"Failures": queue(nil), "Successes": queue(nil), "Dead": queue(nil),
		"Default":  functionWith(object{}, object{"DeadLetterConfig": object{"TargetArn": getAtt("Dead", "Arn")}}),
		"Reported": function(), "Once": function(), "Young": function(),
		"ReportedConfig": config("Reported", object{"DestinationConfig": notified}),
		"OnceConfig":     config("Once", object{"MaximumRetryAttempts": 0}),
		"YoungConfig":    config("Young", object{"MaximumEventAgeInSeconds": 90, "DestinationConfig": notified}),
	})
	ignored := cmpopts.IgnoreFields(invocation.EventResult{}, "Began", "Ended", "Answer")
	began := time.Now()
	for function, expected := range map[string]invocation.EventResult{
		"Default":  {Condition: "RetriesExhausted", Tries: 3, FunctionError: "Unhandled", Sent: []string{"Stack-Dead"}},
		"Reported": {Condition: "RetriesExhausted", Tries: 3, FunctionError: "Unhandled", Sent: []string{"Stack-Failures"}},
		"Once":     {Condition: "RetriesExhausted", Tries: 1, FunctionError: "Unhandled"},
		"Young":    {Condition: "EventAgeExceeded", Tries: 2, FunctionError: "Unhandled", Sent: []string{"Stack-Failures"}},
	} {
		if diff := cmp.Diff(expected, invokeEvent(t, c, function, []byte(`{"fail": "no such luck"}`)), ignored); diff != "" {
			t.Errorf("%s (-expected +got):\n%s", function, diff)
		}
	}
	expected := invocation.EventResult{Condition: "Success", Tries: 1, Sent: []string{"Stack-Successes"}}
	if diff := cmp.Diff(expected, invokeEvent(t, c, "Reported", []byte(`{"n": 1}`)), ignored); diff != "" {
		t.Errorf("success (-expected +got):\n%s", diff)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("got an end after %s, expected minutes to take no time", took)
	}

	l := left(t, c)
	if len(l["Dead"]) != 1 || l["Dead"][0] != `{"fail": "no such luck"}` || len(l["Failures"]) != 2 || len(l["Successes"]) != 1 {
		t.Fatalf("got %v, expected an event, two failures and a success", l)
	}
	conditions := map[string]float64{}
	for _, body := range l["Failures"] {
		var record object
		if err := json.Unmarshal([]byte(body), &record); err != nil {
			t.Fatal(err)
		}
		if enginetest.At(record, "requestPayload", "fail") != "no such luck" || enginetest.At(record, "responsePayload", "errorMessage") != "no such luck" ||
			enginetest.At(record, "responseContext", "functionError") != "Unhandled" || record["version"] != "1.0" {
			t.Errorf("got %s, expected the request and the answer", body)
		}
		conditions[enginetest.At(record, "requestContext", "condition").(string)] = enginetest.At(record, "requestContext", "approximateInvokeCount").(float64)
	}
	if conditions["RetriesExhausted"] != 3 || conditions["EventAgeExceeded"] != 2 {
		t.Errorf("got %v, expected three and two tries", conditions)
	}
	queues, err := c.Queues()
	if err != nil || queues[0].Messages[0].Attributes["ErrorMessage"].StringValue != "no such luck" {
		t.Errorf("got %v and error %v, expected the error with the dead letter", queues[0].Messages, err)
	}
}

func TestRecordsThatAreTooLongAreNotSent(t *testing.T) {
	c := start(t, object{
		"Dead": queue(nil), "Failures": queue(nil),
		"Function": functionWith(object{}, object{"DeadLetterConfig": object{"TargetArn": getAtt("Dead", "Arn")}}),
		"Config": object{"Type": "AWS::Lambda::EventInvokeConfig", "Properties": object{"FunctionName": object{"Ref": "Function"}, "Qualifier": "$LATEST",
			"MaximumRetryAttempts": 0, "DestinationConfig": object{"OnFailure": object{"Destination": getAtt("Failures", "Arn")}}}},
	})
	for message, expected := range map[string]struct {
		sent, unsent int
	}{
		"x" + strings.Repeat("é", 600):  {2, 0}, // the 1,024th byte is within a character
		strings.Repeat("e", 700_000):    {1, 1}, // asked and answered together, it is too long for a message
		strings.Repeat("e", 1024) + "é": {2, 0},
	} {
		payload, err := json.Marshal(object{"fail": message})
		if err != nil {
			t.Fatal(err)
		}
		r := invokeEvent(t, c, "Function", payload)
		if r.Condition != "RetriesExhausted" || r.Err != nil || len(r.Sent) != expected.sent || len(r.Unsent) != expected.unsent {
			t.Errorf("%.10s: got %s, sent to %v, and the errors %v and %v, expected %d sent and %d not", message, r.Condition, r.Sent, r.Unsent, r.Err, expected.sent, expected.unsent)
		}
		for _, err := range r.Unsent {
			if !strings.Contains(err.Error(), "sending the end of an invocation to Stack-Failures") {
				t.Errorf("got %v, expected the queue to be named", err)
			}
		}
	}
}

func TestInvalidEventsAreRefused(t *testing.T) {
	c := start(t, object{"Function": function()})
	for function, payload := range map[string]string{"Missing": `{}`, "Function": `{`} {
		if _, err := c.InvokeEvent(function, []byte(payload)); err == nil {
			t.Errorf("got an invocation of %s with %s, expected it to be refused", function, payload)
		}
	}
}
