package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

// compare returns how an execution differs from the recorded one.
func (c *recorded) compare(x *engine.Execution, events []string) string {
	expect := get(c.Object, "expect")
	if text(expect, "status") == engine.Running {
		return c.comparePrefix(events, list(expect, "eventTypes"))
	}
	if c.tests() {
		x.Cause = prefix.ReplaceAllString(x.Cause, "")
	}
	var problems []string
	compared := func(field string) bool { return slices.Contains(c.compared(), field) }
	if x.Status != text(expect, "status") {
		problems = append(problems, fmt.Sprintf("got status %s (%s: %s), expected %s", x.Status, x.Error, x.Cause, text(expect, "status")))
	}
	if compared("error") && x.Error != text(expect, "error") {
		problems = append(problems, fmt.Sprintf("got error %q, expected %q", x.Error, text(expect, "error")))
	}
	var hidden []string
	for _, path := range list(expect, "causePlaceholders") {
		hidden = append(hidden, path.(string))
	}
	m := matcher{hidden: hidden}
	if problem := m.cause(x.Cause, get(expect, "cause")); compared("cause") && problem != "" {
		problems = append(problems, "cause: "+problem)
	}
	m = matcher{}
	for _, path := range list(expect, "placeholders") {
		m.hidden = append(m.hidden, path.(string))
	}
	if x.Status == engine.Succeeded && compared("output") {
		output, err := value.Parse(x.Output)
		if err != nil {
			return err.Error()
		}
		if problem := m.same(output, get(expect, "output"), "$"); problem != "" {
			problems = append(problems, "output: "+problem)
		}
	}
	if problem := c.compareEvents(events, list(expect, "eventTypes")); problem != "" {
		problems = append(problems, problem)
	}
	return strings.Join(problems, "\n")
}

// compared returns the fields of an answer that were recorded: all, unless the case
// lists them. A listed output that is null was not recorded.
func (c *recorded) compared() []string {
	listed := list(c.Object, "expect", "compare")
	if listed == nil {
		return []string{"status", "error", "cause", "output"}
	}
	var fields []string
	for _, field := range listed {
		if field != "output" || get(c.Object, "expect", "output") != nil {
			fields = append(fields, field.(string))
		}
	}
	return fields
}

// comparePrefix compares the events of a recording that ends before its
// execution does.
func (c *recorded) comparePrefix(got []string, recordedTypes []any) string {
	for i, t := range recordedTypes {
		if c.ordered() && (i >= len(got) || got[i] != t) {
			return fmt.Sprintf("got events %s, expected %v first", strings.Join(got, " "), value.Text(recordedTypes))
		}
	}
	return ""
}

// compareEvents compares the types of the events, in order if only one order is
// possible.
func (c *recorded) compareEvents(got []string, recordedTypes []any) string {
	if recordedTypes == nil {
		return ""
	}
	expected := make([]string, len(recordedTypes))
	for i, t := range recordedTypes {
		expected[i], _ = t.(string)
	}
	// The recorder leaves out that a Parallel state has succeeded.
	got = slices.DeleteFunc(slices.Clone(got), func(t string) bool { return t == string(event.ParallelStateSucceeded) })
	ordered := got
	if !c.ordered() {
		slices.Sort(ordered)
		slices.Sort(expected)
	}
	if !slices.Equal(ordered, expected) {
		return fmt.Sprintf("got events %s\nexpected   %s", strings.Join(ordered, " "), strings.Join(expected, " "))
	}
	return ""
}

// compareScheduled compares the requests to integrations, if they were recorded
// and only one order is possible.
func (c *recorded) compareScheduled(got []*value.Object) string {
	if !c.ordered() {
		return ""
	}
	i := 0
	for _, t := range list(c.Object, "expect", "tasks") {
		if kind := text(t, "type"); kind != string(event.TaskScheduled) && kind != string(event.LambdaFunctionScheduled) {
			continue
		}
		if i == len(got) {
			return fmt.Sprintf("got %d scheduled tasks, expected more", i)
		}
		task := t.(*value.Object).Without("type")
		details := got[i].Without("inputDetails")
		for _, name := range []string{"parameters", "input"} {
			if encoded, ok := details.Get(name); ok {
				parsed, err := value.Parse([]byte(encoded.(string)))
				if err != nil {
					return err.Error()
				}
				details.Set(name, parsed)
			}
		}
		if problem := (matcher{}).same(details, task, "$"); problem != "" {
			return fmt.Sprintf("scheduled task %d: %s", i, problem)
		}
		i++
	}
	return ""
}

// ordered reports whether only one order of events is possible: nothing in the
// definition runs concurrently.
func (c *recorded) ordered() bool {
	if text(c.Object, "expect", "eventOrder") == "normalised" {
		return false
	}
	parallel := false
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				look(x)
			}
		case *value.Object:
			if n, _ := value.Float(get(v, "MaxConcurrency")); text(v, "Type") == "Parallel" || text(v, "Type") == "Map" && n != 1 {
				parallel = true
			}
			for _, x := range v.All() {
				look(x)
			}
		}
	}
	look(get(c.Object, "definition"))
	return !parallel
}

// matcher compares values with those of a recording, in which some are hidden.
type matcher struct{ hidden []string }

func (m matcher) cause(got string, expected any) string {
	switch e := expected.(type) {
	case nil:
		if got != "" {
			return fmt.Sprintf("got %q, expected none", got)
		}
		return ""
	case string:
		if slices.Contains(m.hidden, "$") || hiddenText(e, got) {
			return ""
		}
		return fmt.Sprintf("got %q, expected %q", got, e)
	}
	parsed, err := value.Parse([]byte(got))
	if err != nil {
		return fmt.Sprintf("got %q, expected %s", got, value.Text(expected))
	}
	return m.same(parsed, expected, "$")
}

// ignored are the members with metadata of the network.
var ignored = map[string]bool{"SdkHttpMetadata": true, "SdkResponseMetadata": true}

func (m matcher) same(got, expected any, path string) string {
	if slices.Contains(m.hidden, path) {
		return ""
	}
	switch e := expected.(type) {
	case string:
		text, ok := got.(string)
		if !ok {
			if hiddenWord(e) {
				return ""
			}
		} else if text == e || hiddenText(e, text) {
			return ""
		}
		return fmt.Sprintf("got %s at %s, expected %q", value.Text(got), path, e)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(e) {
			return fmt.Sprintf("got %s at %s, expected %s", value.Text(got), path, value.Text(expected))
		}
		for i := range e {
			if problem := m.same(list[i], e[i], path+"["+strconv.Itoa(i)+"]"); problem != "" {
				return problem
			}
		}
		return ""
	case *value.Object:
		object, ok := got.(*value.Object)
		if !ok {
			return fmt.Sprintf("got %s at %s, expected %s", value.Text(got), path, value.Text(expected))
		}
		for name, x := range e.All() {
			if ignored[name] {
				continue
			}
			y, there := object.Get(name)
			if !there {
				return fmt.Sprintf("got no %s at %s, expected %s", name, path, value.Text(x))
			}
			if problem := m.same(y, x, path+"."+name); problem != "" {
				return problem
			}
		}
		for name := range object.All() {
			if _, ok := e.Get(name); !ok && !ignored[name] {
				return fmt.Sprintf("got %s at %s, expected no such member", name, path)
			}
		}
		return ""
	}
	if !value.Equal(got, expected) {
		return fmt.Sprintf("got %s at %s, expected %s", value.Text(got), path, value.Text(expected))
	}
	return ""
}

// hiddenWords stand for values that the recorder has hidden.
var hiddenWords = []string{"date", "timestamp", "start-date", "stop-date", "start-time", "entered-time", "RandomNumberGenerated", "generated-uuid", "RequestId", "snf_role_arn", "sfn_role_arn"}

func hiddenWord(s string) bool {
	return slices.Contains(hiddenWords, s) || hiddenDetail.MatchString(s) || placeholder.FindString(s) == s && s != ""
}

// hiddenDetail is the name of a member of an event instead of its value.
var hiddenDetail = regexp.MustCompile(`^[a-z]\w+EventDetails\.\w+$`)

// placeholder is what the recorder writes instead of an identifier.
var placeholder = regexp.MustCompile(`<{1,2}[A-Za-z][\w-]*>?(?::\d+|-[\w.]+)?>|<date>|<request_id>`)

// hiddenText reports whether got is the expected text, except for what the
// recorder has hidden.
func hiddenText(expected, got string) bool {
	if expected == got || hiddenWord(expected) {
		return true
	}
	parts := placeholder.Split(expected, -1)
	if len(parts) == 1 {
		return false
	}
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	ok, _ := regexp.MatchString("(?s)^"+strings.Join(parts, ".*")+"$", got)
	return ok
}
