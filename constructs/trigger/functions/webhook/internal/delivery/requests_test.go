package delivery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/mapjob/mapjob/internal/protocol"
)

// scene is a webhook that gets requests, at times that the requests set.
type scene struct {
	t        *testing.T
	h        *Handler
	f        *fakeAWS
	now      time.Time
	statuses []int
}

func (s *scene) wait(d time.Duration) { s.now = s.now.Add(d) }

func (s *scene) send(requests ...events.LambdaFunctionURLRequest) {
	for _, r := range requests {
		s.statuses = append(s.statuses, handle(s.t, s.h, r).status)
	}
}

// deliver sends a body that is signed with the key at this time.
func (s *scene) deliver(key, id, body string) { s.send(signed(key, s.now, id, body)) }

// restart replaces the process, as Lambda does, and changes the settings of the webhook.
func (s *scene) restart(change func(*Settings)) {
	settings := s.h.settings
	if change != nil {
		change(&settings)
	}
	s.h = s.f.handler(s.t, settings)
	s.h.now = func() time.Time { return s.now }
}

// inBodies sends bodies with these values of the member id.
func inBodies(values ...string) func(*scene) {
	return func(s *scene) {
		s.restart(func(settings *Settings) { settings.DeliveryIDMember, settings.MaxBodyBytes = "id", maxInputBytes })
		for _, value := range values {
			s.deliver(key, "", `{"id":`+value+`}`)
		}
	}
}

// times repeats a status.
func times(n, status int) []int { return slices.Repeat([]int{status}, n) }

func TestHostileRequests(t *testing.T) {
	var (
		down    = awsError{500, "InternalServiceError"}
		denied  = awsError{400, "AccessDeniedException"}
		deleted = awsError{400, "ResourceNotFoundException"}
	)
	long := strings.Repeat("x", 100_000)
	// first is a delivery that was accepted before.
	first := func(s *scene) { s.deliver(key, "evt-1", `{"a":1,"b":2}`) }
	for _, test := range []struct {
		name     string
		run      func(*scene)
		statuses []int
		started  int
		reads    int // at most: 2 if the secret is read once
	}{
		// Names that identify.
		{"the number 7 and the string 7", inBodies(`7`, `"7"`), []int{202, 202}, 2, 2},
		{"the number -7 and the string -7", inBodies(`-7`, `"-7"`), []int{202, 202}, 2, 2},
		{"a string that looks like the name of a number", inBodies(`7`, `"number-7"`), []int{202, 202}, 2, 2},
		{"a string that looks like the name of a hash", inBodies(`"a/b"`, `"sha256-fgmqo5rdovrmgwnbzgfpsjxs4h2u"`), []int{202, 202}, 2, 2},
		{"one half of a character, and another one", inBodies(`"\ud800"`, `"\ud801"`), []int{400, 400}, 0, 2},
		{"the second half of a character", inBodies(`"a\udc00b"`), []int{400}, 0, 2},
		{"two halves in the wrong order", inBodies(`"\udc00\ud800"`), []int{400}, 0, 2},
		{"half a character after an escaped backslash", inBodies(`"\\\ud83d"`, `"\\ud83d"`), []int{400, 202}, 1, 2},
		{"a whole character in two halves", inBodies(`"\ud83d\ude00"`, `"😀"`), []int{202, 409}, 1, 2},
		{"the character that stands for a bad one", inBodies("\"\ufffd\""), []int{202}, 1, 2},
		{"two IDs", inBodies(`"a","id":"b"`, `"b","id":"a"`), []int{400, 400}, 0, 2},
		{"two IDs, one of them escaped", inBodies(`"a","\u0069d":"b"`), []int{400}, 0, 2},
		{"an ID with a NUL", inBodies(`"a\u0000"`), []int{400}, 0, 2},
		{"an ID with a line feed", inBodies(`"a\nb"`), []int{400}, 0, 2},
		{"an ID with an escape sequence of a terminal", inBodies(`"\u001b[31ma"`, `"\u009b31ma"`), []int{400, 400}, 0, 2},
		{"long IDs that differ at the end", inBodies(`"`+long+`a"`, `"`+long+`b"`), []int{202, 202}, 2, 2},
		{"long numbers that differ at the end", inBodies(strings.Repeat("9", 400), strings.Repeat("9", 399)+"8"), []int{202, 202}, 2, 2},
		{"composed and decomposed characters", inBodies(`"é"`, "\"e\u0301\""), []int{202, 202}, 2, 2},
		{"capitals and small letters", inBodies(`"EVT"`, `"evt"`), []int{202, 202}, 2, 2},
		{"a space before an ID", inBodies(`" a"`, `"a"`), []int{202, 202}, 2, 2},
		{"numbers that are not whole", inBodies(`7.0`, `7e0`, `true`, `["7"]`), times(4, 400), 0, 2},
		{"an ID that is the name of another webhook's delivery", func(s *scene) {
			s.deliver(key, "x", "{}")
			s.restart(func(settings *Settings) { settings.Name = "Shop2" })
			s.send(signedFor("Shop2", key, s.now, "Shop--x", "{}"), signedFor("Shop2", key, s.now, "x", "{}"))
		}, []int{202, 202, 202}, 3, 4},
		{"an ID that is the name of a request without one", func(s *scene) {
			s.restart(func(settings *Settings) { settings.Authorization = protocol.AuthorizationIAM })
			without := post("{}", nil)
			without.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{
				IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{}}
			with := post("{}", map[string]string{"X-Delivery-Id": without.RequestContext.RequestID})
			with.RequestContext.Authorizer = without.RequestContext.Authorizer
			s.send(without, with)
		}, []int{202, 202}, 2, 0},

		// Members that steer the job.
		{"a rerun that the app does not allow", func(s *scene) {
			for i, body := range []string{`{"mapjobRerun":{}}`, `{"a":1,"MapJobRerun":null}`, `{"\u006dapjobRerun":{}}`, "\n{\"mapjob\":1}"} {
				s.deliver(key, fmt.Sprint("evt-", i), body)
			}
		}, times(4, 400), 0, 2},
		{"a rerun that the app allows", func(s *scene) {
			s.restart(func(settings *Settings) { settings.AllowControl = true })
			s.deliver(key, "evt-1", `{"mapjobRerun":{}}`)
		}, []int{202}, 1, 2},
		{"a member further down that looks like a rerun", func(s *scene) { s.deliver(key, "evt-1", `{"a":{"mapjobRerun":{}}}`) }, []int{202}, 1, 2},

		// Another delivery under the same ID.
		{"another body while the execution runs", func(s *scene) { first(s); s.deliver(key, "evt-1", `{"a":2}`) }, []int{202, 409}, 1, 2},
		{"another body after it has ended", func(s *scene) {
			first(s)
			s.f.ended["Shop--evt-1"] = true
			s.deliver(key, "evt-1", `{"a":2}`)
		}, []int{202, 409}, 1, 2},
		{"another order of the members", func(s *scene) { first(s); s.deliver(key, "evt-1", `{"b":2,"a":1}`) }, []int{202, 409}, 1, 2},
		{"the same body after it has ended", func(s *scene) {
			first(s)
			s.f.ended["Shop--evt-1"] = true
			s.deliver(key, "evt-1", `{"a":1,"b":2}`)
		}, []int{202, 202}, 1, 2},
		{"other white space between the tokens", func(s *scene) { first(s); s.deliver(key, "evt-1", "{ \"a\": 1,\n \"b\": 2 }") }, []int{202, 202}, 1, 2},
		{"other white space in a string", func(s *scene) {
			s.deliver(key, "evt-1", `["a b"]`)
			s.deliver(key, "evt-1", `["a  b"]`)
		}, []int{202, 409}, 1, 2},
		{"an earlier execution that is gone", func(s *scene) {
			first(s)
			s.f.refuse["DescribeExecution"] = awsError{400, "ExecutionDoesNotExist"}
			s.deliver(key, "evt-1", `{"a":2}`)
		}, []int{202, 503}, 1, 2},
		{"an earlier execution that may not be read", func(s *scene) {
			first(s)
			s.f.refuse["DescribeExecution"] = denied
			s.deliver(key, "evt-1", `{"a":2}`)
		}, []int{202, 500}, 1, 2},

		// Replays.
		{"a request to another webhook with the same secret", func(s *scene) {
			s.restart(func(settings *Settings) { settings.Name = "PartnerB" })
			s.send(signedFor("PartnerA", key, s.now, "evt-1", "{}"), signedFor("PartnerA", key, s.now, "", "{}"))
		}, []int{401, 401}, 0, 4},
		{"a request to a webhook whose name is the start of this one's", func(s *scene) {
			s.send(signedFor("Sho", key, s.now, "evt-1", "{}"), signedFor("", key, s.now, "evt-1", "{}"))
		}, []int{401, 401}, 0, 4},
		{"a request whose ID was removed", func(s *scene) {
			r := signed(key, s.now, "evt-1", "{}")
			delete(r.Headers, "x-delivery-id")
			s.send(r)
		}, []int{401}, 0, 2},
		{"a request after five minutes", func(s *scene) {
			r := signed(key, s.now, "evt-1", "{}")
			s.wait(Window + time.Second)
			s.send(r)
		}, []int{401}, 0, 0},
		{"a request of the other scheme with the same secret", func(s *scene) {
			s.f.secrets["AWSCURRENT"] = standardSecret
			r := signedByLibrary(s.t, standardSecret, s.now, "evt-1", "{}")
			s.send(r)
			r.Headers["x-timestamp"], r.Headers["x-delivery-id"], r.Headers["x-signature-256"] = r.Headers["webhook-timestamp"], "evt-1", r.Headers["webhook-signature"]
			s.send(r)
		}, []int{401, 401}, 0, 2},

		// Rotation.
		{"a new secret a second after the old one was read", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.secrets = map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": key}
			s.wait(time.Second)
			s.deliver("new", "2", "{}")
			s.deliver(key, "3", "{}")
		}, []int{202, 202, 202}, 3, 4},
		{"two rotations", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.secrets = map[string]string{"AWSCURRENT": "newest", "AWSPREVIOUS": "new"}
			s.wait(secretLife)
			s.deliver(key, "2", "{}")
			s.deliver("new", "3", "{}")
		}, []int{202, 401, 202}, 2, 4},
		{"an empty value before the current one", func(s *scene) {
			s.f.secrets["AWSPREVIOUS"] = ""
			s.deliver(key, "1", "{}")
			s.deliver("", "2", "{}")
		}, []int{202, 401}, 1, 4},
		{"a rotation amid forged signatures", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.secrets = map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": key}
			s.wait(time.Second)
			for range 20 {
				s.deliver("forged", "2", "{}")
			}
			s.deliver("new", "3", "{}")
		}, slices.Concat([]int{202}, times(rereads, 401), times(20-rereads, 503), []int{202}), 2, 2 * (1 + rereads)},

		{"a rotation after many forged signatures", func(s *scene) {
			s.deliver(key, "1", "{}")
			for range rereads {
				s.wait(time.Second)
				s.deliver("forged", "2", "{}")
			}
			s.f.secrets = map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": key}
			s.wait(time.Second)
			s.deliver("new", "3", "{}") // no read is left
			s.deliver(key, "4", "{}")
			s.wait(rereadInterval)
			s.deliver("new", "3", "{}")
		}, slices.Concat([]int{202}, times(rereads, 401), []int{503, 202, 202}), 3, 4 + 2*rereads},
		{"a rotation a moment after a read", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.secrets = map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": key}
			s.wait(time.Millisecond)
			s.deliver("new", "2", "{}")
		}, []int{202, 202}, 2, 4},

		// Outage.
		{"a known secret in an outage of a day", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.refuse["GetSecretValue"] = down
			for i := range 24 {
				s.wait(time.Hour)
				s.deliver(key, fmt.Sprint("later-", i), "{}")
			}
		}, times(25, 202), 25, 26},
		{"an outage that ends", func(s *scene) {
			s.f.refuse["GetSecretValue"] = down
			s.deliver(key, "1", "{}")
			delete(s.f.refuse, "GetSecretValue")
			s.wait(failureLife)
			s.deliver(key, "1", "{}")
		}, []int{503, 202}, 1, 3},
		{"a signature that may be of a new secret, in an outage", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.refuse["GetSecretValue"] = down
			s.wait(time.Second)
			s.deliver("new", "2", "{}")
			s.deliver("new", "2", "{}")
			s.deliver(key, "3", "{}")
		}, []int{202, 503, 503, 202}, 2, 3},
		{"a secret that was deleted", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.refuse["GetSecretValue"] = deleted
			s.wait(secretLife - time.Second)
			s.deliver(key, "2", "{}")
			s.wait(time.Second)
			s.deliver(key, "3", "{}")
		}, []int{202, 202, 500}, 2, 3},
		{"a secret that was deleted, and then an outage", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.refuse["GetSecretValue"] = deleted
			s.wait(secretLife)
			s.deliver(key, "2", "{}")
			s.f.refuse["GetSecretValue"] = down
			s.wait(failureLife)
			s.deliver(key, "3", "{}")
		}, []int{202, 500, 503}, 1, 4},
		{"a secret that was deleted, which a forged signature finds, and then an outage", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.refuse["GetSecretValue"] = deleted
			s.wait(time.Second)
			s.deliver("forged", "2", "{}")
			s.deliver(key, "3", "{}")
			s.f.refuse["GetSecretValue"] = down
			s.wait(secretLife)
			s.deliver(key, "4", "{}")
			s.f.refuse = map[string]awsError{}
			s.wait(failureLife)
			s.deliver(key, "5", "{}")
		}, []int{202, 500, 202, 503, 202}, 3, 6},
		{"a read that fails after some seconds", func(s *scene) {
			s.f.refuse["GetSecretValue"] = down
			s.f.reading = func() { s.wait(readTimeout) }
			s.deliver(key, "1", "{}")
			s.wait(failureLife - time.Second)
			s.deliver(key, "2", "{}")
			s.wait(time.Second)
			s.deliver(key, "3", "{}")
		}, []int{503, 503, 503}, 0, 2},
		{"a clock that was set back by an hour", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.secrets = map[string]string{"AWSCURRENT": "newest", "AWSPREVIOUS": "new"}
			s.wait(-time.Hour)
			s.deliver(key, "2", "{}")
			s.deliver("new", "3", "{}")
		}, []int{202, 401, 202}, 2, 4},
		{"a clock that was set back by an hour in an outage", func(s *scene) {
			s.f.refuse["GetSecretValue"] = down
			s.deliver(key, "1", "{}")
			delete(s.f.refuse, "GetSecretValue")
			s.wait(-time.Hour)
			s.deliver(key, "2", "{}")
		}, []int{503, 202}, 1, 3},

		// Flood.
		{"100 forged requests", func(s *scene) {
			for range 100 {
				s.deliver("forged", "1", "{}")
			}
		}, slices.Concat(times(1+rereads, 401), times(99-rereads, 503)), 0, 2 * (1 + rereads)},
		{"100 forged requests in 100 seconds", func(s *scene) {
			for range 100 {
				s.deliver("forged", "1", "{}")
				s.wait(time.Second)
			}
		}, slices.Concat(times(6, 401), times(5, 503), slices.Repeat(slices.Concat([]int{401}, times(9, 503)), 9)[:89]), 0, 2 * (1 + rereads + 9)},
		{"100 forged requests while the secret can't be read", func(s *scene) {
			s.f.refuse["GetSecretValue"] = down
			for range 100 {
				s.deliver("forged", "1", "{}")
			}
		}, times(100, 503), 0, 1},
		{"100 forged requests for a secret that may not be read", func(s *scene) {
			s.f.refuse["GetSecretValue"] = denied
			for range 100 {
				s.deliver("forged", "1", "{}")
			}
		}, times(100, 500), 0, 1},
		{"100 forged requests in an outage, with a known secret", func(s *scene) {
			s.deliver(key, "1", "{}")
			s.f.refuse["GetSecretValue"] = down
			s.wait(time.Second)
			for range 100 {
				s.deliver("forged", "2", "{}")
			}
			s.deliver(key, "3", "{}")
		}, slices.Concat([]int{202}, times(100, 503), []int{202}), 2, 3},
		{"100 requests without a signature", func(s *scene) {
			for range 100 {
				s.send(post("{}", nil))
			}
		}, times(100, 401), 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, f := webhook(t, nil)
			s := &scene{t: t, h: h, f: f, now: now}
			h.now = func() time.Time { return s.now }
			test.run(s)
			if !slices.Equal(s.statuses, test.statuses) {
				t.Errorf("got %v, expected %v", s.statuses, test.statuses)
			}
			if len(f.started) != test.started {
				t.Errorf("got %d executions, expected %d", len(f.started), test.started)
			}
			if f.reads > test.reads {
				t.Errorf("got %d reads of the secret, expected %d at most", f.reads, test.reads)
			}
		})
	}
}

// A sender sees why a delivery was refused, and what to do.
func TestAnotherBodySaysWhatToDo(t *testing.T) {
	h, _ := webhook(t, nil)
	handle(t, h, signed(key, now, "evt-1", "{}"))
	const expected = "got another body than that of the delivery which has started execution Shop--evt-1, expected the same: send a new delivery under a new ID"
	if a := handle(t, h, signed(key, now, "evt-1", "[]")); a.status != http.StatusConflict || a.Message != expected || a.headers["Retry-After"] != "" {
		t.Errorf("got %+v, expected 409: %s", a, expected)
	}
}

func TestWithheldInputIsNoRepeat(t *testing.T) {
	h, f := webhook(t, nil)
	handle(t, h, signed(key, now, "evt-1", "{}"))
	f.ended["Shop--evt-1"], f.withheld = true, true
	if a := handle(t, h, signed(key, now, "evt-1", "{}")); a.status != http.StatusInternalServerError {
		t.Errorf("got %+v, expected 500, because the input is not known", a)
	}
}

func TestRequestsAtOnceShareAReadOfTheSecret(t *testing.T) {
	h, f := webhook(t, nil)
	pause := make(chan struct{})
	f.reading = func() { <-pause }
	var all sync.WaitGroup
	statuses := make([]int, 100)
	for i := range statuses {
		all.Go(func() {
			if i%2 == 0 {
				statuses[i] = handle(t, h, signed("forged", now, "a", "{}")).status
			} else {
				statuses[i] = handle(t, h, signed(key, now, "a", "{}")).status
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // most of them wait by now
	close(pause)
	all.Wait()
	for i, status := range statuses {
		if expected := []int{401, 202}[i%2]; status != expected {
			t.Errorf("got %d for request %d, expected %d", status, i, expected)
		}
	}
	// A forged signature that came during the first read is refused after another one.
	if f.reads > 4 || len(f.started) != 1 {
		t.Errorf("got %d reads and %d executions, expected 4 reads at most, two for each stage, and an execution", f.reads, len(f.started))
	}
}

func TestBudgetOfReads(t *testing.T) {
	var b tokenBucket
	at := now
	taken := func(attempts int) (n int) {
		for range attempts {
			if b.take(at) {
				n++
			}
		}
		return n
	}
	for _, step := range []struct {
		later    time.Duration
		expected int
	}{
		{0, rereads}, {0, 0}, {rereadInterval - 1, 0}, {1, 1}, {0, 0}, {3 * rereadInterval, 3}, {-time.Hour, 0}, {time.Hour, 0},
		{1000 * time.Hour, rereads}, {0, 0}, {rereadInterval, 1},
	} {
		at = at.Add(step.later)
		if got := taken(50); got != step.expected {
			t.Errorf("got %d reads at %v, expected %d", got, at.Sub(now), step.expected)
		}
	}
}

func TestExpressStateMachineIsRefusedOnceItIsKnown(t *testing.T) {
	h, f := webhook(t, nil)
	f.express = true
	a := handle(t, h, signed(key, now, "a", "{}"))
	if expected := "arn:aws:states:us-east-1:123456789012:express:Job:Shop--a:0"; a.status != http.StatusAccepted || a.ExecutionARN != expected {
		t.Errorf("got %+v, expected the execution that was started: %s", a, expected)
	}
	if a := handle(t, h, signed(key, now, "a", "{}")); a.status != http.StatusInternalServerError || len(f.started) != 1 {
		t.Errorf("got %+v and %d executions, expected no second one of the delivery", a, len(f.started))
	}
}
