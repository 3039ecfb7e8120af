package stack

import (
	"strings"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/internal/fault"
)

// strikes keeps the faults that strike, with their functions.
type strikes struct {
	mutex sync.Mutex
	list  []string
}

func (s *strikes) add(strike fault.Strike) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.list = append(s.list, strike.Fault.What()+" "+strike.Site.Function+" "+strike.Site.Call)
}

// A batch is delivered again if the function crashed or its answer was lost, and the
// messages are handled in the end.
func TestFaultsStrikeFunctionsBehindQueues(t *testing.T) {
	t.Parallel()
	for text, expected := range map[string]struct {
		strike     string
		deliveries int // of each order
	}{
		`[{fault: crash, function: Worker}]`:                    {"crash before the work Worker lambda:Invoke", 2},
		`[{fault: crash, function: Worker, when: after}]`:       {"crash after the work Worker lambda:Invoke", 2},
		`[{fault: lost, function: Worker}]`:                     {"lost Worker lambda:Invoke", 2},
		`[{fault: error, function: Worker, error: Busy}]`:       {"error Busy Worker lambda:Invoke", 2},
		`[{fault: duplicate, function: Worker}]`:                {"duplicate Worker lambda:Invoke", 1},
		`[{fault: answer, function: Worker, answer: text}]`:     {`answer "text" Worker lambda:Invoke`, 2},
		`[{fault: error, call: "sqs:Send*", function: Sender}]`: {"error Sender sqs:SendMessageBatch", 1},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			plan, err := fault.Read([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			struck, got := &strikes{}, &delivered{orders: map[string]int{}}
			c, err := tryStart(t, fanOut(3, object{"BatchSize": 10}), Options{Faults: plan, Struck: struck.add, Delivered: got.add})
			if err != nil {
				t.Fatal(err)
			}
			if r := invokeEvent(t, c, "Sender", orders(4, 0)); r.Condition != "Success" {
				t.Errorf("got %+v, expected an event that succeeds", r)
			}
			if list := strings.Join(struck.list, ", "); list != expected.strike || len(c.UnreachedFaults()) != 0 {
				t.Errorf("got the strikes %s, and %v that did not strike, expected %s", list, c.UnreachedFaults(), expected.strike)
			}
			most := 0
			for id, n := range got.orders {
				if most = max(most, n); n > expected.deliveries {
					t.Errorf("order %s: got %d deliveries, expected %d at most", id, n, expected.deliveries)
				}
			}
			if len(got.orders) != 4 || most != expected.deliveries {
				t.Errorf("got deliveries %v, expected four orders, and some of them %d times", got.orders, expected.deliveries)
			}
			if bodies := left(t, c); len(bodies["Queue"])+len(bodies["Dead"]) != 0 {
				t.Errorf("got %v in the queues, expected nothing", bodies)
			}
		})
	}
}

func TestAStackWithoutFaultsHasNone(t *testing.T) {
	c := start(t, object{"Worker": function()})
	if c.injection != nil || c.UnreachedFaults() != nil {
		t.Errorf("got %v, expected no faults", c.injection)
	}
}
