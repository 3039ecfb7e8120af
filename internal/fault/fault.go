// Package fault says what goes wrong in a run of a state machine: a plan lists
// faults, an injector decides which of them strike at a site, and a seed draws
// faults from the sites that a run has.
package fault

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Fault is something that goes wrong. The fields of its place must all match:
// Machine, State, Function, Call, Items, Attempt and Invocation.
type Fault struct {
	Fault      string          `json:"fault"` // one of [Kinds]
	Machine    string          `json:"machine,omitzero"`
	State      string          `json:"state,omitzero"`
	Function   string          `json:"function,omitzero"`
	Call       string          `json:"call,omitzero"`       // such as s3:PutObject; s3:* is any of S3
	Items      []int           `json:"items,omitzero"`      // indexes: one of them is in the batch
	Attempt    *int            `json:"attempt,omitzero"`    // retries before; nil is any
	Invocation int             `json:"invocation,omitzero"` // of those that match, from 1; 0 is any
	Times      int             `json:"times,omitzero"`      // how often it strikes; 0: once; -1: always
	When       string          `json:"when,omitzero"`
	Delay      time.Duration   `json:"delay,omitzero"` // as text, such as 90s
	After      time.Duration   `json:"after,omitzero"`
	Error      string          `json:"error,omitzero"`
	Cause      string          `json:"cause,omitzero"`
	Answer     json.RawMessage `json:"answer,omitzero"`
	Bytes      int             `json:"bytes,omitzero"`
}

// MarshalJSON returns the fault as a file has it, with durations as text.
func (f Fault) MarshalJSON() ([]byte, error) {
	type plain Fault
	return json.Marshal(struct {
		plain
		Delay string `json:"delay,omitzero"`
		After string `json:"after,omitzero"`
	}{plain(f), durationText(f.Delay), durationText(f.After)})
}

// durationText returns a duration without units that are zero: 5m, not 5m0s.
func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// String returns what goes wrong and where: crash after write 3 (function Worker,
// item 7, attempt 0).
func (f Fault) String() string {
	text := f.What()
	if f.Times < 0 {
		text += " each time"
	} else if f.Times > 1 {
		text += fmt.Sprintf(" %d times", f.Times)
	}
	if where := f.where(); where != "" {
		text += " (" + where + ")"
	}
	return text
}

// What returns what goes wrong.
func (f Fault) What() string {
	switch f.Fault {
	case Crash:
		if n, ok := f.Write(); ok {
			return fmt.Sprintf("crash after write %d", n)
		}
		if f.When == After {
			return "crash after the work"
		}
		return "crash before the work"
	case Error:
		if f.Error != "" {
			return "error " + f.Error
		}
	case Slow:
		return "slow by " + durationText(f.Delay)
	case Large:
		return fmt.Sprintf("large answer of %d bytes", f.Size())
	case Answer:
		return "answer " + shortened(string(f.Answer))
	case Stop, Expire:
		if n, ok := f.Event(); ok {
			return fmt.Sprintf("%s at event %d", f.Fault, n)
		}
		if f.After > 0 {
			return f.Fault + " after " + durationText(f.After)
		}
	}
	return f.Fault
}

// where returns the place of a fault; "" if it is anywhere.
func (f Fault) where() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("machine", f.Machine)
	add("state", f.State)
	add("function", f.Function)
	add("call", f.Call)
	switch len(f.Items) {
	case 0:
	case 1:
		add("item", strconv.Itoa(f.Items[0]))
	default:
		add("items", strings.Trim(strings.ReplaceAll(fmt.Sprint(f.Items), " ", ", "), "[]"))
	}
	if f.Attempt != nil {
		add("attempt", strconv.Itoa(*f.Attempt))
	}
	if f.Invocation > 0 {
		add("invocation", strconv.Itoa(f.Invocation))
	}
	return strings.Join(parts, ", ")
}

// shortened returns the beginning of a long text.
func shortened(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Failure returns the name and the cause of the error of a task or a function that
// the fault lets fail.
func (f Fault) Failure() (name, cause string) {
	return cmp.Or(f.Error, protocol.ErrorInjected), cmp.Or(f.Cause, "The error was injected by a fault.")
}

// Write returns N of a crash after the N-th write of an invocation.
func (f Fault) Write() (n int, ok bool) { return f.numbered("write") }

// Event returns N of a fault at the N-th event of an execution.
func (f Fault) Event() (n int, ok bool) { return f.numbered("event") }

func (f Fault) numbered(word string) (n int, ok bool) {
	number, ok := strings.CutPrefix(f.When, word+" ")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number)
	return n, err == nil && n > 0
}

// defaultSize is the size of a large answer if the fault has none: one byte more
// than a task may return.
const defaultSize = 262_145

// Size returns the bytes of a large answer.
func (f Fault) Size() int {
	if f.Bytes == 0 {
		return defaultSize
	}
	return f.Bytes
}

// LargeAnswer returns the answer of [Fault.Size] bytes, as JSON.
func (f Fault) LargeAnswer() []byte {
	text := bytes.Repeat([]byte("x"), max(f.Size(), 2))
	text[0], text[len(text)-1] = '"', '"'
	return text
}

// times returns how often the fault strikes; -1 is always.
func (f Fault) times() int {
	if f.Times == 0 {
		return 1
	}
	return f.Times
}
