package job_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/internal/once/oncetest"
)

// canaryCase is an invocation of the command testdata/canary that fails. CANARY in
// its payload stands for data of an item.
type canaryCase struct {
	payload string
	seconds int    // timeout; 0: long enough
	line    string // of the log, whatever it may have; empty: none
	error   string // of the invocation; empty: it answers
	bare    bool   // the line has no data in any case, because the error has none
}

const (
	jobHead = `"job": {"name": "nightly", "logData": LOGDATA}, "execution": "arn:x"`
	ofItem  = `{"BatchInput": {` + jobHead + `}, "TaskToken": "t", "Items": [{"index": 0, "item": %s}]}`
	ofInput = `{` + jobHead + `, "input": %s}`
	ofFile  = `{` + jobHead + `, "items": {"bucket": "b", "key": "CANARY/items.jsonl"}, "input": %s}`
	ofBody  = `{"Records": [{"messageId": "a", "body": %s, "eventSourceARN": "arn:q"}]}`
	ofDone  = `{` + jobHead + `, "items": {"count": 1}, "results": [{"index": 0, "status": "SUCCEEDED", "output": %s}]}`
	ofPlain = `%s`
)

// canaries are the failures of each kind of handler.
func canaries() map[string][]canaryCase {
	invocation := func(name string) string { return `"message":"invocation failed","error":"` + name + `"` }
	fails := func(form, how, name string) canaryCase {
		return canaryCase{payload: fmt.Sprintf(form, strconv.Quote(how+" CANARY")), line: invocation(name), error: name}
	}
	bare := func(c canaryCase) canaryCase { c.bare = true; return c }
	late := func(c canaryCase) canaryCase { c.seconds = 1; return bare(c) }
	alone := func(form, how, line string) canaryCase { // of one item
		return canaryCase{payload: fmt.Sprintf(form, strconv.Quote(how+" CANARY")), line: line}
	}
	raw := func(payload, name string) canaryCase {
		return canaryCase{payload: payload, line: invocation(name), error: name}
	}
	const panicked = `"message":"panic"`
	message := func(how, name string) canaryCase {
		return canaryCase{payload: fmt.Sprintf(ofBody, strconv.Quote(strconv.Quote(how+" CANARY"))), line: `"message":"item failed","error":"` + name + `"`}
	}
	return map[string][]canaryCase{
		"start": {
			fails(ofInput, "error", "Error"), fails(ofInput, "named", "Refused"), fails(ofInput, "panic", job.ErrorPanic), fails(ofInput, "panicError", job.ErrorPanic),
			late(fails(ofInput, "timeout", job.ErrorDeadline)), fails(ofInput, "undecodable", job.ErrorPanic), fails(ofInput, "unencodable", job.ErrorPanic),
			bare(fails(ofInput, "large", job.ErrorTooManyItems)), fails(ofFile, "ok", "AccessDenied"), fails(ofFile, "error", "Error"),
			raw(fmt.Sprintf(ofInput, `{"CANARY": 1}`), job.ErrorInvalidInput), bare(raw(`{"input": {}, "job": "CANARY"}`, job.ErrorInvalidInput)), bare(raw(`CANARY`, job.ErrorInvalidInput)),
		},
		"work": {
			alone(ofItem, "error", ""), alone(ofItem, "named", ""), alone(ofItem, "panic", panicked), alone(ofItem, "panicError", panicked),
			alone(ofItem, "exit", ""), late(alone(ofItem, "timeout", "")), alone(ofItem, "undecodable", panicked), alone(ofItem, "unencodable", panicked), alone(ofItem, "large", ""),
			{payload: fmt.Sprintf(ofItem, `{"CANARY": 1}`)},
			bare(raw(`{"BatchInput": {`+jobHead+`}, "Items": ["CANARY"]}`, job.ErrorInvalidInput)),
			raw(`{"BatchInput": {`+jobHead+`}, "Items": [{"CANARY": 1}]}`, job.ErrorInvalidInput), raw(`{"BatchInput": {`+jobHead+`}, "CANARY": 1}`, job.ErrorInvalidInput), bare(raw(`"CANARY"`, job.ErrorInvalidInput)),
			raw(`{"BatchInput": {`+jobHead+`, "outcomes": {"bucket": "b", "prefix": "CANARY"}}, "Chunk": {"bucket": "b", "key": "CANARY", "first": 0, "count": 1}}`, "AccessDenied"),
			raw(`{"BatchInput": {`+jobHead+`}, "Chunk": {"bucket": "CANARY", "key": "k", "first": 0, "count": 0}}`, job.ErrorInvalidInput),
		},
		"once": {alone(ofItem, "panic", panicked), alone(ofItem, "ok", "the outcome is not remembered")},
		"queue": {
			message("error", "Error"), message("named", "Refused"), message("panic", job.ErrorPanic), bare(message("exit", job.ErrorHandlerExited)), message("undecodable", job.ErrorInvalidInput),
			late(message("timeout", job.ErrorDeadline)),
			{payload: fmt.Sprintf(ofBody, strconv.Quote(`{"CANARY": 1}`)), line: job.ErrorInvalidInput}, {payload: fmt.Sprintf(ofBody, `"CANARY"`), line: job.ErrorInvalidInput},
			raw(`{"Records": [{"body": "CANARY"}]}`, job.ErrorInvalidInput), raw(`{"CANARY": 1}`, job.ErrorInvalidInput),
		},
		"callback": {
			fails(ofItem, "error", "Error"), fails(ofItem, "named", "Refused"), fails(ofItem, "panic", job.ErrorPanic), bare(fails(ofItem, "exit", job.ErrorHandlerExited)),
			fails(ofItem, "undecodable", job.ErrorInvalidInput), late(fails(ofItem, "timeout", job.ErrorDeadline)), raw(fmt.Sprintf(ofItem, `{"CANARY": 1}`), job.ErrorInvalidInput),
		},
		"function": {
			fails(ofPlain, "error", "Error"), fails(ofPlain, "named", "Refused"), fails(ofPlain, "panic", job.ErrorPanic), fails(ofPlain, "unencodable", job.ErrorPanic),
			fails(ofPlain, "undecodable", job.ErrorPanic), raw(`{"CANARY": 1}`, job.ErrorInvalidInput), raw(`CANARY`, job.ErrorInvalidInput),
		},
		"summarize": {
			fails(ofDone, "error", "Error"), fails(ofDone, "named", "Refused"), fails(ofDone, "panic", job.ErrorPanic), bare(fails(ofDone, "exit", job.ErrorHandlerExited)),
			fails(ofDone, "unencodable", job.ErrorPanic), late(fails(ofDone, "timeout", job.ErrorDeadline)), bare(fails(ofDone, "large", job.ErrorResultTooLarge)),
			{payload: `{` + jobHead + `, "items": {"count": 1}, "results": [{"index": 0, "status": "CANARY"}]}`},
			bare(raw(`{`+jobHead+`, "items": {"count": 1}, "results": ["CANARY"]}`, job.ErrorInvalidResult)),
			raw(`{`+jobHead+`, "items": {"count": 1}, "results": {"bucket": "b", "prefix": "CANARY"}}`, "AccessDenied"), bare(raw(`{"items": "CANARY"}`, job.ErrorInvalidInput)),
		},
	}
}

// canaryRuntime is the Runtime API of Lambda for the cases of a function, one
// after the other.
type canaryRuntime struct {
	cases   []canaryCase
	payload func(i int) string
	over    chan struct{}

	mutex sync.Mutex
	next  int
	ends  []string // the type of the error of each invocation; empty: it answered
}

func (c *canaryRuntime) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/next"):
		if c.next == len(c.cases) {
			close(c.over) // no request follows
			<-r.Context().Done()
			return
		}
		seconds := c.cases[c.next].seconds
		if seconds == 0 {
			seconds = 60
		}
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprint("request-", c.next))
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Duration(seconds)*time.Second).UnixMilli(), 10))
		_, _ = io.WriteString(w, c.payload(c.next))
		c.next++
	default:
		var raised struct{ ErrorType string }
		if strings.HasSuffix(r.URL.Path, "/error") {
			_ = json.NewDecoder(r.Body).Decode(&raised)
		}
		c.ends = append(c.ends, raised.ErrorType)
		w.WriteHeader(http.StatusAccepted)
	}
}

// run runs the command as a function of a kind, and returns its log.
func (c *canaryRuntime) run(t *testing.T, command, kind string, logData bool, services string) string {
	t.Helper()
	c.over = make(chan struct{})
	c.payload = func(i int) string {
		return strings.NewReplacer("CANARY", canary(kind, i), "LOGDATA", strconv.FormatBool(logData)).Replace(c.cases[i].payload)
	}
	server := httptest.NewServer(c)
	defer server.Close()
	log := &bytes.Buffer{}
	cmd := exec.CommandContext(t.Context(), command)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(server.URL, "http://"), "KIND="+kind, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_ENDPOINT_URL="+services, "AWS_MAX_ATTEMPTS=1")
	if logData && (kind == "queue" || kind == "function") { // the others learn it from their messages
		cmd.Env = append(cmd.Env, "LOG_DATA=true")
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-c.over:
	case err := <-ended:
		t.Fatalf("%s: got the end of the function after %d invocations (%v), expected it to go on: %s", kind, c.next, err, log)
	}
	_ = cmd.Process.Kill()
	<-ended
	return log.String()
}

func canary(kind string, i int) string { return fmt.Sprintf("canary-%s-%d-", kind, i) }

func TestNoItemAndNoCauseReachesALogUnlessAsked(t *testing.T) {
	t.Parallel()
	command := filepath.Join(t.TempDir(), "canary")
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", command, "./testdata/canary").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for kind, cases := range canaries() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, logData := range []bool{false, true} {
				writes := 0
				table := &oncetest.Table{Refuse: func(operation string) string { // all but the claims
					if writes++; operation == "PutItem" && writes%2 == 1 {
						return ""
					}
					return "AccessDeniedException"
				}}
				services := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("X-Amz-Target") == "" { // S3
						w.WriteHeader(http.StatusForbidden)
						_, _ = fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>no access to %s</Message></Error>", r.URL.Path)
						return
					}
					response, err := table.RoundTrip(r)
					if err != nil {
						t.Error(err)
						return
					}
					defer response.Body.Close()
					w.WriteHeader(response.StatusCode)
					_, _ = io.Copy(w, response.Body)
				}))
				runtime := &canaryRuntime{cases: cases}
				log := runtime.run(t, command, kind, logData, services.URL)
				services.Close()
				if !logData && strings.Contains(log, "canary-") {
					t.Errorf("got data in a log that may have none:\n%s", linesWith(log, "canary-"))
				}
				for i, c := range cases {
					if runtime.ends[i] != c.error {
						t.Errorf("%s: got the error %q, expected %q", c.payload, runtime.ends[i], c.error)
					}
					lines := linesWith(log, fmt.Sprintf(`"requestId":"request-%d"`, i))
					if c.line != "" && !strings.Contains(lines, c.line) {
						t.Errorf("%s: got the lines %s, expected one with %s", c.payload, lines, c.line)
					}
					if logData && c.line != "" && !c.bare && !strings.Contains(lines, canary(kind, i)) {
						t.Errorf("%s: got the lines %s, expected the data in them", c.payload, lines)
					}
				}
			}
		})
	}
}

// linesWith returns the lines of a log that have a text.
func linesWith(log, text string) string {
	var found strings.Builder
	for line := range strings.Lines(log) {
		if strings.Contains(line, text) {
			found.WriteString(line)
		}
	}
	return found.String()
}
