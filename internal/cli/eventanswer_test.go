package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/sqs"
)

func ended(condition, answer string) invocation.EventResult {
	began := time.Now()
	return invocation.EventResult{Condition: condition, Tries: 1, Answer: []byte(answer), Began: began, Ended: began.Add(1200 * time.Millisecond)}
}

func TestTheReportSaysWhatIsKnownAndNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		answer   func(*eventAnswer)
		has, not []string
	}{
		"without a queue the event's end is the end": {func(a *eventAnswer) { a.ends(ended("Success", `null`), false) },
			[]string{"# Handler: the event ended with Success\n", "- Handler answered: null", "- the event took 1.2s"}, []string{"can tell", "last message", "tries"}},
		"behind a queue it is not": {func(a *eventAnswer) {
			a.ends(ended("Success", `{"sent":300}`), true)
			a.Known.Queues = []queueLeft{{"Due", 0}, {"Dead", 1}}
			a.Counted.LastMessageMs = 361_200
		}, []string{`- Handler answered: {"sent":300}`, "- queue Due has 0 messages", "- queue Dead has 1 message\n",
			"- no queue can tell when the work was finished, or whether the dead letters are all there will be",
			"- the last message was done 6m1s after the event, by the time of the queues"}, []string{"the event took"}},
		"records are shown as they are, and a list that was cut says so": {func(a *eventAnswer) {
			a.ends(ended("Success", `1`), true)
			a.Known.Tables = map[string]tableLeft{"Jobs": {[]json.RawMessage{json.RawMessage(`{"n":1}`)}, 5000}, "Other": {[]json.RawMessage{json.RawMessage(`{"n":2}`)}, 1}}
		}, []string{`- table Jobs: {"n":1}`, "- table Jobs: and 4,999 records more, of 5,000 in all", `- table Other: {"n":2}`, "no queue can tell"}, []string{"table Other: and"}},
		"one of each is one of each": {func(a *eventAnswer) {
			a.ends(ended("Success", `1`), true)
			a.Counted.Consumers = []*consumed{{Function: "Worker", Queue: "Due", Invocations: 1, Messages: 1, Repeated: 1, LostAnswers: 1}}
			a.Counted.Objects, a.Counted.Again = 1, 2
		}, []string{"- Worker was invoked 1 time with 1 message of Due; 1 delivery was repeated, 0 failed, of 1 invocation the answer was lost",
			"- 1 object was written; 2 objects were later written once more"}, nil},
		"a destination that was not told": {func(a *eventAnswer) {
			r := ended("RetriesExhausted", `{"errorType":"InvalidDate","errorMessage":"got \"tomorrow\""}`)
			r.Tries, r.Unsent = 3, []error{errors.New("telling Failures of an invocation: too long")}
			a.ends(r, false)
		}, []string{"the event ended with RetriesExhausted after 3 tries", "- nobody was told of the end: telling Failures of an invocation: too long", "InvalidDate"}, nil},
		"an answer that is no JSON": {func(a *eventAnswer) { a.ends(ended("Success", "plain"), false) }, []string{`- Handler answered: "plain"`}, nil},
		"interrupted": {func(a *eventAnswer) { a.Status = interrupted; a.Counted.Objects = 3 },
			[]string{"# Handler: interrupted before its end", "- 3 objects were written"}, []string{"answered", "the event ended"}},
	} {
		a := &eventAnswer{Function: "Handler"}
		c.answer(a)
		var markdown, document strings.Builder
		if err := errors.Join(a.markdown(&markdown), a.json(&document)); err != nil || !json.Valid([]byte(document.String())) {
			t.Errorf("%s: got %v and %s, expected JSON", name, err, document.String())
		}
		for _, line := range c.has {
			if !strings.Contains(markdown.String(), line) {
				t.Errorf("%s: got\n%s\nexpected %q in it", name, markdown.String(), line)
			}
		}
		for _, line := range c.not {
			if strings.Contains(markdown.String(), line) {
				t.Errorf("%s: got\n%s\nexpected no %q in it", name, markdown.String(), line)
			}
		}
	}
}

func TestAFunctionFailsByItsOwnNameForIt(t *testing.T) {
	for answer, expected := range map[string]string{
		`{"errorType":"InvalidDate","errorMessage":"got \"tomorrow\""}`: `InvalidDate: got "tomorrow"`,
		`{"errorMessage":"no luck"}`:                                    "Unhandled: no luck",
		"crashed":                                                       "Unhandled: crashed",
	} {
		if got := reason(invocation.EventResult{FunctionError: "Unhandled", Answer: []byte(answer)}); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}

func TestProgressOfObjectsHasNoFailedOnes(t *testing.T) {
	w := newWitness()
	w.wrote("b", "k")
	w.wrote("b", "k")
	if got := w.counts().words(""); got != "1 object was written" {
		t.Errorf("got %q, expected what was written, and no more", got)
	}
	if got := (counts{10, 3, 1}).words(" of 10"); got != "3 of 10 items done, 1 failed" {
		t.Errorf("got %q", got)
	}
}

func TestTheLastMessageIsThatWhichWasDone(t *testing.T) {
	w, begun := newWitness(), time.Now()
	w.delivered(invocation.Delivery{Function: "f", Messages: deliveredMessages("a", "b"), Failed: []string{"b"}, Ended: begun.Add(time.Second)})
	w.delivered(invocation.Delivery{Function: "f", Messages: deliveredMessages("b"), Failed: []string{"b"}, Ended: begun.Add(time.Hour)})
	if w.last != begun.Add(time.Second) || w.consumers["f"].Repeated != 1 || w.consumers["f"].Failed != 2 {
		t.Errorf("got %v and %+v, expected the end of the one that was done", w.last, w.consumers["f"])
	}
}

func deliveredMessages(ids ...string) (list []sqs.Message) {
	for _, id := range ids {
		list = append(list, sqs.Message{ID: id})
	}
	return list
}
