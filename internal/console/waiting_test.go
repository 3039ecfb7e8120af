package console

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/operate/waiting"
)

// oneTask is a Step Functions with one task that waits, of an execution that is monday's. It
// notes the answers.
type oneTask struct {
	token   string
	answers []map[string]string
}

func (o *oneTask) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked map[string]any
	_ = json.NewDecoder(r.Body).Decode(&asked)
	if r.Header.Get("X-Amz-Target") == "MapJob.ListWaitingTasks" {
		if asked["nextToken"] != nil {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "InvalidToken", "message": "Invalid Token: 'Invalid token'"}`)
			return
		}
		if token, _ := asked["taskToken"].(string); asked["executionArn"] != monday || !strings.HasPrefix(o.token, token) {
			_, _ = io.WriteString(w, `{"total": 0, "waitingTasks": []}`)
			return
		}
		input, _ := json.Marshal(`{"Payload": {"BatchInput": {"execution": "` + monday + `"}, "Items": [{"index": 41, "item": {"id": 12345678901234567890, "rate": 1.0}}]}}`)
		fmt.Fprintf(w, `{"total": 1, "waitingTasks": [{"taskToken": %q, "executionArn": %q, "startDate": 1.5, "input": %s, "inputBytes": %d, "items": 1}]}`, o.token, monday, input, len(input))
		return
	}
	answer := map[string]string{}
	for name, v := range asked {
		answer[name], _ = v.(string)
	}
	o.answers = append(o.answers, answer)
	_, _ = io.WriteString(w, "{}")
}

func TestTasksThatWaitAreListedAndAnswered(t *testing.T) {
	const token = "aaaaaaaa-1"
	functions := &oneTask{token: token}
	server := httptest.NewServer(functions)
	defer server.Close()
	a := newAccount(nil, nil)
	a.waiting = &waiting.Service{URL: server.URL}
	s := serve(t, a, Options{Local: true})
	var list waitingList
	s.get(t, of("/waiting"), &list)
	if list.Total != 1 || len(list.Tasks) != 1 || len(list.Tasks[0].Item) != 1 || list.Tasks[0].Item[0] != `{"id": 12345678901234567890, "rate": 1.0}` || list.Tasks[0].First != 41 {
		t.Fatalf("got %+v, expected one task with its item as it was sent", list)
	}
	answer := func(body string) (int, string) {
		status, _, text := s.ask(t, "POST", of("/answer"), body, nil)
		return status, text
	}
	for _, output := range []string{`{"id": 12345678901234567890, "rate": 1.0}`, "null", `"text"`, " 1e400 "} {
		functions.answers = nil
		body, _ := json.Marshal(map[string]string{"token": token, "output": output})
		if status, text := answer(string(body)); status != 200 || len(functions.answers) != 1 || functions.answers[0]["output"] != output {
			t.Errorf("%s: got status %d, %s and answers %v, expected the output as it is", output, status, text, functions.answers)
		}
	}
	functions.answers = nil
	if status, text := answer(`{"token": "` + token + `", "error": "Refused", "cause": "no"}`); status != 200 || functions.answers[0]["error"] != "Refused" || functions.answers[0]["cause"] != "no" {
		t.Errorf("got status %d, %s and answers %v, expected a failure", status, text, functions.answers)
	}

	functions.answers = nil
	for body, expected := range map[string]string{
		`{"token": "` + token + `", "output": "{"}`:                `400 output: got {, expected a text that is JSON`,
		`{"token": "` + token + `", "output": ""}`:                 `400 output: got`,
		`{"token": "` + token + `", "output": {}}`:                 `400 output: got object, expected string`,
		`{"token": "bbbbbbbb-1", "output": "{}"}`:                  `409 got token \"bbbbbbbb-1\", expected that of a task of this execution that waits`,
		`{"token": "", "output": "{}"}`:                            `409 got token \"\", expected at least its first 8 characters`,
		`{"token": "` + token + `", "output": "{}", "error": "E"}`: `400 got an output and an error`,
	} {
		if status, text := answer(body); !strings.HasPrefix(fmt.Sprintf("%d %s", status, strings.TrimPrefix(text, `{"error":"`)), expected) {
			t.Errorf("%s: got status %d and %s, expected %s", body, status, text, expected)
		}
	}
	if status, _, text := s.ask(t, "GET", of("/waiting?after=x"), "", nil); status != 400 || !strings.Contains(text, `after: got \"x\", expected the next of an earlier answer`) {
		t.Errorf("got status %d and %s for a page that is none, expected 400", status, text)
	}
	onAWS := serve(t, a, Options{})
	if status, _, text := onAWS.ask(t, "POST", of("/answer"), `{"token": "`+token+`", "output": "{}"}`, nil); status != 403 {
		t.Errorf("got status %d and %s of a console that only reads, expected 403", status, text)
	}
	if len(functions.answers) != 0 {
		t.Errorf("got answers %v of requests that were refused, expected none", functions.answers)
	}
}
