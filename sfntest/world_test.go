package sfntest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/sfntest"
)

const refund = `{"StartAt": "Charge", "States": {
  "Charge":  {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "QueryLanguage": "JSONata", "Next": "Cool",
              "Arguments": {"FunctionName": "charge", "Payload": "{% $states.input %}"}, "Output": "{% $states.result.Payload %}"},
  "Cool":    {"Type": "Wait", "Seconds": 86400, "Next": "Approve"},
  "Approve": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "QueryLanguage": "JSONata", "End": true,
              "Arguments": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/Q", "MessageBody": {"token": "{% $states.context.Task.Token %}"}}}}}`

type Order struct {
	ID string `json:"id"`
}

type Receipt struct {
	Order  string `json:"order"`
	Amount int    `json:"amount"`
}

func charge(_ context.Context, o Order) (Receipt, error) { return Receipt{o.ID, 7}, nil }

func TestRefundWaitsADayForItsApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, sfntest.Parse(t, []byte(refund)), sfntest.HandleFunc("charge", charge))
		x := w.Start("", Order{ID: "o-1"})
		w.RunUntilBlocked() // in Cool
		w.Advance(24 * time.Hour)
		x.Waits()[0].Succeed(map[string]bool{"approved": true})
		x.RunToEnd()
		var approval struct{ Approved bool }
		if x.Output(&approval); !approval.Approved {
			t.Errorf("got\n%s\nexpected an approved refund", x.History())
		}
	})
}
