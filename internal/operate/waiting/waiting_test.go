package waiting

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestATokenIsFoundByItsBeginningOnAnyPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ NextToken string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("X-Amz-Target") != "MapJob.ListWaitingTasks" {
			w.WriteHeader(http.StatusBadRequest)
		}
		page := `{"total": 3, "nextToken": "2", "waitingTasks": [
			{"taskToken": "aaaaaaaa-1", "startDate": 1.5, "input": "{\"Payload\": {\"Items\": [{\"index\": 41, \"item\": {\"id\": 7}}]}}", "firstItem": 0, "items": 1}]}`
		if asked.NextToken == "2" {
			page = `{"total": 3, "waitingTasks": [{"taskToken": "bbbbbbbb-1", "startDate": 2, "input": "[]"}, {"taskToken": "bbbbbbbb-2", "startDate": 2, "input": "no JSON, bec"}]}`
		}
		_, _ = io.WriteString(w, page)
	}))
	defer server.Close()
	s := &Service{URL: server.URL}
	for token, expected := range map[string]string{
		"aaaaaaaa": "aaaaaaaa-1", "bbbbbbbb-2": "bbbbbbbb-2", "bbbbbbbb": "two tokens begin", "cccccccc": "expected that of a task that waits", "aaaa": "at least its first 8",
	} {
		found, err := s.Find(t.Context(), "x", token)
		if err != nil && !strings.Contains(err.Error(), expected) || err == nil && found.Token != expected {
			t.Errorf("%s: got %v and error %v, expected %s", token, found, err, expected)
		}
	}
	task, err := s.Find(t.Context(), "x", "aaaaaaaa")
	if err != nil || task.First != 41 || task.Items != 1 || string(task.Item[0]) != `{"id": 7}` || task.Since.UnixMilli() != 1500 || task.Until != nil {
		t.Errorf("got %+v (%v), expected item 41", task, err)
	}
}

func TestRefusalsAreInPlainWords(t *testing.T) {
	for answer, expected := range map[string]string{
		`{"__type": "TaskTimedOut", "message": "Task Timed Out"}`:      "no task waits with this token",
		`{"__type": "InvalidToken", "message": "Invalid Token"}`:       "no task waits with this token",
		`{"__type": "InvalidOutput", "message": "got text, not JSON"}`: "got text, not JSON",
		"<html>": "answered 400 Bad Request",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, answer)
		}))
		err := (&Service{URL: server.URL}).Succeed(t.Context(), "t", "{}")
		server.Close()
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got %v, expected %q", answer, err, expected)
		}
	}
	if err := (&Service{URL: "http://127.0.0.1:1"}).Fail(t.Context(), "t", "E", ""); err == nil || !strings.Contains(err.Error(), "asking the process that runs the execution") {
		t.Errorf("got %v", err)
	}
}
