package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/engine"
)

// everywhere is in a state of each kind that waits.
const everywhere = `{"QueryLanguage":"JSONata","StartAt":"Set","States":{
	"Set":{"Type":"Pass","Assign":{"a":1,"b":2},"Next":"Locked"},
	"Locked":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":60,"End":true}}},
		{"StartAt":"Token","States":{"Token":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":600,"HeartbeatSeconds":90,"End":true}}},
		{"StartAt":"Busy","States":{"Busy":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":7}],"End":true}}},
		{"StartAt":"Hangs","States":{"Hangs":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":300,"End":true}}},
		{"StartAt":"Nested","States":{"Nested":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","End":true,
			"Arguments":{"StateMachineArn":"` + machinePrefix + `Waiter","Name":"nested","Input":{"nested":true}}}}},
		{"StartAt":"Each","States":{"Each":{"Type":"Map","Items":[30,0,20],"End":true,"ItemProcessor":{"StartAt":"Put","States":{
			"Put":{"Type":"Pass","Assign":{"c":"{% $states.input %}"},"Next":"For"},
			"For":{"Type":"Wait","Seconds":"{% $c %}","End":true}}}}}},
		{"StartAt":"Map","States":{"Map":{"Type":"Map","Items":[5,6,7],"End":true,"ItemBatcher":{"MaxItemsPerBatch":2},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Worker","States":{
			"Worker":{"Type":"Wait","Seconds":"{% $count($states.input.Items) %}","End":true}}}}}}]}}}`

// hanging answers calls that it lets hang when their context ends.
var hanging = engine.IntegrationFunc(func(ctx context.Context, r *engine.Request) (any, error) {
	switch r.StateName {
	case "Busy":
		return nil, &engine.TaskError{Name: "Busy"}
	case "Hangs":
		<-ctx.Done()
	}
	return r.Parameters, nil
})

func TestPlacesSayWhatEachThreadWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const simple = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3,"End":true}}}`
		s := open(t, simple, engine.WithStateMachine(machinePrefix+"All", parse(t, everywhere), engine.Standard), engine.WithIntegration(lambda, hanging))
		defer s.Close()
		began := time.Now()
		arn, err := s.Start(machinePrefix+"All", "all", []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if places, ok := s.Places(arn); len(places) != 0 || !ok {
			t.Errorf("got %v, expected no place before the start", places)
		}
		s.Run(began)
		places, _ := s.Places(arn)
		var got []string
		for _, p := range places {
			line := p.Path + " " + string(p.Wait.Kind)
			if p.Wait.Execution != "" {
				line += " " + p.Wait.Execution[strings.LastIndexByte(p.Wait.Execution, ':')+1:]
			}
			if !p.Wait.Until.IsZero() {
				line += " " + p.Wait.Until.Sub(began).String()
			}
			if p.Wait.Callback != nil {
				line += " callback"
			}
			if p.Execution != arn {
				line += " child"
			}
			got = append(got, line+" "+fmt.Sprint(p.Variables.All()))
		}
		expected := []string{
			"Locked/Wait timer 1m0s map[a:1 b:2]",
			"Locked/Token token 1m30s callback map[a:1 b:2]",
			"Locked/Busy retry 7s map[a:1 b:2]",
			"Locked/Hangs call 5m0s map[a:1 b:2]",
			"Locked/Nested execution nested map[a:1 b:2]",
			"Locked/Each/For timer 30s map[a:1 b:2 c:30]",
			"Locked/Each/For timer 20s map[a:1 b:2 c:20]",
			"Locked/Map/Worker timer 2s child map[]",
			"Locked/Map/Worker timer 1s child map[]",
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("the places differ (-expected +got):\n%s", diff)
		}
		if nested, _ := s.Places(s.ARNs()[1]); len(nested) != 1 || nested[0].Path != "W" {
			t.Errorf("got %v, expected the place of the nested execution", nested)
		}
		places[1].Wait.Callback.Success("answered")
		s.Run(time.Now())
		if places, _ := s.Places(arn); places[1].Path != "Locked/Busy" {
			t.Errorf("got %s, expected the token to be answered", places[1].Path)
		}
		if _, ok := s.Places("arn"); ok {
			t.Error("got places of an execution that is not here")
		}
	})
}

func TestATokenIsValidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","End":true}}}`,
			engine.WithIntegration(lambda, payload))
		defer s.Close()
		arn := begin(t, s, "one", `{}`)
		s.Run(time.Now())
		places, _ := s.Places(arn)
		token := places[0].Wait.Callback.Token
		if s.Callback(token, true) == nil {
			t.Error("got no callback for a heartbeat")
		}
		s.Callback(token, false).Failure("No", "way")
		if s.Callback(token, false) != nil {
			t.Error("got the callback again, expected the token to be used up")
		}
		s.Run(time.Now())
		if got := status(t, s, arn); got != "FAILED No" {
			t.Errorf("got %s, expected FAILED No", got)
		}
	})
}

func TestRequestsAreNumberedAndNameTheirItems(t *testing.T) {
	var got []string
	answer := engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		got = append(got, fmt.Sprintf("%d %s %d+%d", r.Number, r.StateName, r.First, r.Items))
		return engine.Answer{Output: r.Parameters}
	})
	const work = `"StartAt":"%[1]s","States":{"%[1]s":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}`
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"Start","States":{
		"Start":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"Map"},
		"Map":{"Type":"Map","Items":[0,1,2],"Next":"Each","ItemBatcher":{"MaxItemsPerBatch":2},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},`+fmt.Sprintf(work, "Worker")+`}},
		"Each":{"Type":"Map","Items":["a","b"],"End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{`+fmt.Sprintf(work, "One")+`}]}}}}}}`,
		`{}`, engine.WithIntegration(lambda, answer))
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s %s", x.Status, x.Cause)
	}
	if diff := cmp.Diff([]string{"1 Start 0+0", "2 Worker 0+2", "3 Worker 2+1", "4 One 0+1", "5 One 1+1"}, got); diff != "" {
		t.Errorf("the requests differ (-expected +got):\n%s", diff)
	}
}
