package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
)

// ControlPrefix begins the names of those members of an execution's input that
// steer the job itself, as mapjobRerun does. Only the app and its operators may set
// them: a webhook and an event refuse them, unless a prop allows them.
const ControlPrefix = "mapjob"

// IsControl reports whether a member of an execution's input has a name that is
// reserved for steering the job. Case does not matter, because it does not to
// package encoding/json.
func IsControl(name string) bool {
	return len(name) >= len(ControlPrefix) && strings.EqualFold(name[:len(ControlPrefix)], ControlPrefix)
}

// ControlMember returns the name of a member of an execution's input that steers
// the job, or "". Only the members of the input itself do, not those further down.
func ControlMember(input []byte) string {
	if !bytes.HasPrefix(bytes.TrimLeft(input, " \t\r\n"), []byte("{")) {
		return ""
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(input, &members); err != nil {
		return "" // no execution starts with an input that is not JSON
	}
	first := ""
	for name := range members {
		if IsControl(name) && (first == "" || name < first) {
			first = name
		}
	}
	return first
}
