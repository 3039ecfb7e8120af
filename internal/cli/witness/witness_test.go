package witness

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/sqs"
)

func ended(condition, answer string) invocation.EventResult {
	began := time.Now()
	return invocation.EventResult{Condition: condition, Tries: 1, Answer: []byte(answer), Began: began, Ended: began.Add(1200 * time.Millisecond)}
}

func TestMarkdownSaysWhatIsKnownAndNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		answer   func(*Answer)
		has, not []string
	}{
		"without a queue the event's end is the end": {func(a *Answer) { a.Ends(ended("Success", `null`), false) },
			[]string{"# Handler: the event ended with Success\n", "- Handler answered: `null`", "- the event took 1.2s"}, []string{"no queue knows", "last message", "tries"}},
		"behind a queue it is not": {func(a *Answer) {
			a.Ends(ended("Success", `{"sent":300}`), true)
			a.Known.Queues = []queueLeft{{"Due", 0}, {"Dead", 1}}
			a.Counted.LastMessageMs = 361_200
		}, []string{"- Handler answered: `{\"sent\":300}`", "- queue Due has 0 messages", "- queue Dead has 1 message\n",
			"- no queue knows when the work was finished, or whether there will be more dead letters",
			"- the last message succeeded 6m1s after the event, by the clock of the queues"}, []string{"the event took"}},
		"records are shown as they are, and a list that was cut says so": {func(a *Answer) {
			a.Ends(ended("Success", `1`), true)
			a.Known.Tables = map[string]tableLeft{"Jobs": {[]json.RawMessage{json.RawMessage(`{"n":1}`)}, 5000}, "Other": {[]json.RawMessage{json.RawMessage(`{"n":2}`)}, 1}}
		}, []string{"- table Jobs: `{\"n\":1}`", "- table Jobs: and 4,999 records more, of 5,000 in all", "- table Other: `{\"n\":2}`", "no queue knows"}, []string{"table Other: and"}},
		"one of each is one of each": {func(a *Answer) {
			a.Ends(ended("Success", `1`), true)
			a.Counted.Consumers = []*consumed{{Function: "Worker", Queue: "Due", Invocations: 1, Messages: 1, Repeated: 1, LostAnswers: 1}}
			a.Counted.Objects, a.Counted.Again = 1, 2
		}, []string{"- Worker was invoked 1 time with 1 message of Due; 1 delivery was repeated, 0 failed, of 1 invocation the answer was lost",
			"- 1 object was written; 2 objects were written again later"}, nil},
		"a destination that was not notified": {func(a *Answer) {
			r := ended("RetriesExhausted", `{"errorType":"InvalidDate","errorMessage":"got \"tomorrow\""}`)
			r.Tries, r.Unsent = 3, []error{errors.New("sending the end of an invocation to Failures: too long")}
			a.Ends(r, false)
		}, []string{"# Handler: failed with InvalidDate\n\ngot \"tomorrow\"\n\nThe event ended with RetriesExhausted after 3 tries.\n\n## What", "- not notified of the end: sending the end of an invocation to Failures: too long", "InvalidDate"}, nil},
		"an error without a name": {func(a *Answer) {
			r := ended("EventAgeExceeded", `{"errorMessage":"*late*"}`)
			r.FunctionError = "Unhandled"
			a.Ends(r, false)
		}, []string{"# Handler: failed with Unhandled\n\n\\*late\\*\n\nThe event ended with EventAgeExceeded.\n"}, []string{"tries"}},
		"only its end could not be sent": {func(a *Answer) {
			r := ended("Success", `1`)
			r.Unsent = []error{errors.New("too long")}
			a.Ends(r, false)
		}, []string{"# Handler: failed, because the end of the event could not be sent\n\nThe event ended with Success.\n", "- not notified of the end: too long"}, nil},
		"an answer that is no JSON": {func(a *Answer) { a.Ends(ended("Success", "plain"), false) }, []string{"- Handler answered: `\"plain\"`"}, nil},
		"interrupted": {func(a *Answer) { a.Status = Interrupted; a.Counted.Objects = 3 },
			[]string{"# Handler: interrupted before its end", "- 3 objects were written"}, []string{"answered", "the event ended"}},
	} {
		a := &Answer{Function: "Handler"}
		c.answer(a)
		var markdown, document strings.Builder
		if err := errors.Join(a.Markdown(&markdown), a.JSON(&document)); err != nil || !json.Valid([]byte(document.String())) {
			t.Errorf("%s: got %v and %s, expected JSON", name, err, document.String())
		}
		for _, member := range []string{`"error": "`, `"cause": "`} {
			if failed := a.Status != "Success" && a.Status != Interrupted; strings.Contains(document.String(), member) != failed {
				t.Errorf("%s: got\n%s\nexpected %s in it: %t", name, document.String(), member, failed)
			}
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

func TestAFailureHasTheFunctionsOwnName(t *testing.T) {
	for answer, expected := range map[string]string{
		`{"errorType":"InvalidDate","errorMessage":"got \"tomorrow\""}`: `InvalidDate: got "tomorrow"`,
		`{"errorMessage":"no luck"}`:                                    "Unhandled: no luck",
		"crashed":                                                       "Unhandled: crashed",
	} {
		name, cause := Failure(invocation.EventResult{FunctionError: "Unhandled", Answer: []byte(answer)})
		if got := name + ": " + cause; got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
}

func TestCountsAreOfObjects(t *testing.T) {
	w := New()
	w.Wrote("b", "k")
	w.Wrote("b", "k")
	if diff := cmp.Diff(terminal.Counts{Total: terminal.Unknown, Done: 1, Failed: terminal.Unknown}, w.Counts()); diff != "" {
		t.Errorf("counts (-expected +got):\n%s", diff)
	}
}

func TestTheLastMessageIsOneThatSucceeded(t *testing.T) {
	w, begun := New(), time.Now()
	w.Delivered(invocation.Delivery{Function: "f", Messages: deliveredMessages("a", "b"), Failed: []string{"b"}, Ended: begun.Add(time.Second)})
	w.Delivered(invocation.Delivery{Function: "f", Messages: deliveredMessages("b"), Failed: []string{"b"}, Ended: begun.Add(time.Hour)})
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
