package waiting

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATokenIsFoundByItsBeginning(t *testing.T) {
	tasks := map[string]string{
		"aaaaaaaa-1": `{"taskToken": "aaaaaaaa-1", "startDate": 1.5, "input": "{\"Payload\": {\"BatchInput\": {\"execution\": \"x\"}, \"Items\": [{\"index\": 41, \"item\": {\"id\": 7}}]}}", "firstItem": 0, "items": 1}`,
		"bbbbbbbb-1": `{"taskToken": "bbbbbbbb-1", "startDate": 2, "input": "[]"}`,
		"bbbbbbbb-2": `{"taskToken": "bbbbbbbb-2", "startDate": 2, "input": "no JSON, bec"}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			TaskToken  string
			MaxResults int
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("X-Amz-Target") != "MapJob.ListWaitingTasks" {
			w.WriteHeader(http.StatusBadRequest)
		}
		var found []string
		for _, token := range slices.Sorted(maps.Keys(tasks)) {
			if strings.HasPrefix(token, asked.TaskToken) {
				found = append(found, tasks[token])
			}
		}
		fmt.Fprintf(w, `{"total": %d, "waitingTasks": [%s]}`, len(found), strings.Join(found[:min(len(found), asked.MaxResults)], ","))
	}))
	defer server.Close()
	s := &Service{URL: server.URL}
	for token, expected := range map[string]string{
		"aaaaaaaa": "aaaaaaaa-1", "bbbbbbbb-2": "bbbbbbbb-2", "bbbbbbbb": "2 tokens begin", "cccccccc": "expected that of a task of this execution that waits", "aaaa": "at least its first 8",
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

func TestTheItemsOfATaskAreThoseOfAJob(t *testing.T) {
	const execution = `"BatchInput": {"execution": "x"}`
	for input, expected := range map[string]Task{
		`{"Payload": {` + execution + `, "Items": [{"index": 41, "item": {"id": 1.0}}, {"index": 42, "item": null}]}}`: {First: 41, Items: 2, Item: []json.RawMessage{json.RawMessage(`{"id": 1.0}`), json.RawMessage("null")}},
		`{"Payload": {` + execution + `, "Chunk": {"bucket": "b", "key": "k", "first": 500, "count": 20}}}`:            {First: 500, Items: 20},
		`{"Payload": {"Items": [{"index": 41, "item": 1}]}}`:                                                           {First: 3, Items: 1}, // of another state machine
		`{"Payload": {"BatchInput": {}, "items": [{"Index": 41, "item": 1}]}}`:                                         {First: 3, Items: 1},
		`{"Payload": {"items": 5}}`: {First: 3, Items: 1},
		`{"Payload": {"Items": [{"index": 41, "item": 1}], ` + execution + `}}`:              {First: 41, Items: 1, Item: []json.RawMessage{json.RawMessage("1")}},
		`{"Payload": {` + execution + `, "Items": [{"item": 1}, {"index": 41, "item": 1}]}}`: {First: 3, Items: 1},
		`{"Payload": [` + execution + `, "Items", {"index": 41, "item": 1}]}`:                {First: 3, Items: 1},
		`{"Payload": {` + execution + `, "Items": {"index": 41, "item": 1}}}`:                {First: 3, Items: 1},
		`{"Payload": {` + execution + `, "Items": [{"index": "41", "item": 1}]}}`:            {First: 3, Items: 1},
		// What is cut has no item, but its index.
		`{"FunctionName": "f", "Payload": {` + execution + `, "Items": [{"index": 41, "item": {"text": "it is c`: {First: 41, Items: 1},
		`{"Payload": {` + execution + `, "Items": [{"index": 41, "item": 1}], "TaskTok`:                          {First: 41, Items: 1},
		`{"Payload": {` + execution + `, "Items": [{"ind`:                                                        {First: 3, Items: 1},
	} {
		task := Task{First: 3, Items: 1, Input: input}
		task.ofJob()
		task.Input = ""
		if diff := cmp.Diff(expected, task); diff != "" {
			t.Errorf("%s (-expected +got):\n%s", input, diff)
		}
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
