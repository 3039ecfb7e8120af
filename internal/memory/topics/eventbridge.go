package topics

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxEvents is the largest size of the entries of a PutEvents request, in bytes.
const maxEvents = 256 << 10

// entry is an event of a PutEvents request.
type entry struct {
	EventBusName, Source, DetailType, Detail string
	Resources                                []string
	Time                                     any
}

type entryAnswer struct {
	EventID      string `json:"EventId,omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

// EventBridge returns the API of EventBridge: PutEvents.
func (s *Store) EventBridge() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if operation != "PutEvents" {
			writeJSON(w, http.StatusBadRequest, jsonError{"UnknownOperationException", fmt.Sprintf("got %q, expected PutEvents: a test has no other operation of EventBridge", operation)})
			return
		}
		var request struct{ Entries []entry }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			writeJSON(w, http.StatusBadRequest, jsonError{"SerializationException", err.Error()})
			return
		}
		if message := checkEntries(request.Entries); message != "" {
			writeJSON(w, http.StatusBadRequest, jsonError{"ValidationException", message})
			return
		}
		answer := struct {
			FailedEntryCount int
			Entries          []entryAnswer
		}{}
		for _, e := range request.Entries {
			a := e.check()
			if a.ErrorCode != "" {
				answer.FailedEntryCount++
			} else {
				a.EventID = idOf(s.number())
				s.Add(event(e.EventBusName, e.Source, e.DetailType, e.Detail))
			}
			answer.Entries = append(answer.Entries, a)
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

// checkEntries returns why EventBridge refuses all entries of a request, or "".
func checkEntries(entries []entry) string {
	if len(entries) == 0 {
		return "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1"
	}
	if len(entries) > maxBatch {
		return "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"
	}
	size := 0
	for _, e := range entries {
		if e.Time != nil {
			size += 14 // EventBridge user guide, "Calculating PutEvents event entry size"
		}
		size += len(e.Source) + len(e.DetailType) + len(e.Detail)
		for _, resource := range e.Resources {
			size += len(resource)
		}
	}
	if size > maxEvents {
		return "Total size of the entries in the request is over the limit."
	}
	return ""
}

// check returns the answer to an entry that is refused, else an empty one.
func (e *entry) check() entryAnswer {
	for _, member := range [...]struct{ name, text string }{{"Source", e.Source}, {"DetailType", e.DetailType}, {"Detail", e.Detail}} {
		if member.text == "" {
			return entryAnswer{ErrorCode: "InvalidArgument", ErrorMessage: fmt.Sprintf("Parameter %s is not valid. Reason: %s is a required argument.", member.name, member.name)}
		}
	}
	var detail map[string]any
	if json.Unmarshal([]byte(e.Detail), &detail) != nil {
		return entryAnswer{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."}
	}
	return entryAnswer{}
}

type jsonError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // fails if the client has gone
}
