package stack

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

func TestExecutionsHaveTheirOwnClocks(t *testing.T) {
	// The state machine puts an item for its execution into a table, after an hour.
	c := start(t, object{"Table": table(), "Counter": machine("Wait", object{
		"Wait": object{"Type": "Wait", "Seconds": 3600, "Next": "Put"},
		"Put": object{"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": true, "Output": "{% $states.context.State.RetryCount %}",
			"Arguments": object{"TableName": "Stack-Table", "Item": object{"id": object{"S": "{% $states.context.Execution.Name %}"}},
				"ConditionExpression": "attribute_not_exists(id)"},
			"Retry": []object{{"ErrorEquals": []string{"DynamoDB.SdkClientException"}}},
			"Catch": []object{{"ErrorEquals": []string{"DynamoDB.ConditionalCheckFailedException"}, "Next": "There"}}},
		"There": object{"Type": "Pass", "Output": "there", "End": true},
	})})
	m, err := c.Machine("")
	if err != nil {
		t.Fatal(err)
	}
	lost := func(ctx context.Context, r *engine.Request, call engine.IntegrationFunc) (any, error) {
		output, err := call(ctx, r)
		if r.Attempt == 0 {
			return nil, &engine.TaskError{Name: "DynamoDB.SdkClientException", Cause: "the answer was lost"}
		}
		return output, err
	}
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			began := time.Now()
			x, err := c.Execute(context.Background(), m, Execution{
				Name: strconv.Itoa(i), Input: []byte("{}"), Between: lost,
				Engine: []engine.Option{engine.WithClock(engine.VirtualClock(began))},
			})
			if err != nil || string(x.Output) != `"there"` || x.Stop.Sub(x.Start) < time.Hour || time.Since(began) > time.Minute {
				t.Errorf("got error %v and %v after %s, expected the second attempt to find the item, after an hour that took no time", err, x, time.Since(began))
			}
		})
	}
	wait.Wait()
}
