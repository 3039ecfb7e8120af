package graph

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/graph/typeset"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/value"
)

// notes returns lines about a state.
func notes(s *asl.State) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	switch {
	case s.Task != nil:
		add("Task: %s", resource(s.Task.Resource))
		switch s.Task.Resource.Pattern {
		case services.RunJob, services.RunJob2:
			add("waits until it has ended")
		case services.WaitForTaskToken:
			add("waits for its task token")
		}
	case s.Wait != nil:
		if s.Wait.Seconds != nil {
			add("Wait: %s", things(s.Wait.Seconds, "second"))
		} else {
			add("Wait: until %s", text(s.Wait.Timestamp))
		}
	case s.Fail != nil:
		if s.Fail.Error != nil {
			add("Fail: %s", text(s.Fail.Error))
		} else {
			add("Fail")
		}
	case s.Parallel != nil:
		add("Parallel: %s", branches(len(s.Parallel.Branches)))
	case s.Map != nil:
		lines = mapNotes(s.Map)
	default:
		add("%s", string(s.Type))
	}
	if s.Comment != "" {
		lines = append([]string{s.Comment}, lines...)
	}
	for _, r := range s.Retry {
		if r.MaxAttempts == 0 {
			add("no retry: %s", some(r.ErrorEquals))
		} else {
			add("retry ×%d: %s", r.MaxAttempts, some(r.ErrorEquals))
		}
	}
	return lines
}

// mapNotes returns lines about a Map.
func mapNotes(m *asl.Map) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	switch {
	case m.Processor.Distributed && m.Processor.Express:
		add("Map: Distributed, Express children")
	case m.Processor.Distributed:
		add("Map: Distributed, Standard children")
	default:
		add("Map: Inline")
	}
	switch r := m.ItemReader; {
	case r != nil && r.Resource.Action == "listObjectsV2" && r.Flatten:
		add("items: in the objects of an S3 prefix")
	case r != nil && r.Resource.Action == "listObjectsV2":
		add("items: the objects of an S3 prefix")
	case r != nil && r.InputType == "MANIFEST":
		add("items: %s in S3", cmp.Or(map[string]string{"S3_INVENTORY": "an inventory", "ATHENA_DATA": "an Athena manifest"}[r.ManifestType], "a manifest"))
	case r != nil:
		add("items: %s in S3", cmp.Or(r.InputType, "an object"))
	case m.Items != nil:
		add("items: %s", cmp.Or(m.Items.Source(), "in the definition"))
	case m.ItemsPath != nil:
		add("items: %s", m.ItemsPath)
	}
	if b := m.ItemBatcher; b != nil {
		if b.MaxItems != nil {
			add("batch: up to %s", things(b.MaxItems, "item"))
		}
		if b.MaxBytes != nil {
			add("batch: up to %s", things(b.MaxBytes, "byte"))
		}
	}
	if m.MaxConcurrency != nil {
		if n, whole := expression.WholeNumber(m.MaxConcurrency.Literal); !whole || n > 0 || m.MaxConcurrency.Computed() {
			add("at once: %s", text(m.MaxConcurrency))
		}
	}
	var tolerated []string
	if m.ToleratedCount != nil {
		tolerated = append(tolerated, text(m.ToleratedCount))
	}
	if m.ToleratedPercentage != nil {
		tolerated = append(tolerated, text(m.ToleratedPercentage)+"%")
	}
	if tolerated != nil {
		add("tolerates failed items: %s", strings.Join(tolerated, " or "))
	}
	return lines
}

// outcome returns the lines about what happened at a state.
func (v *Visits) outcome() []string {
	if v == nil {
		return nil
	}
	if v.Entered == 0 {
		return []string{string(NotReached)}
	}
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			if v.Entered > 1 || n > 1 {
				what = number.Thousands(n) + " " + what
			}
			parts = append(parts, what)
		}
	}
	add(v.Failed, "failed")
	add(v.Running, "running")
	add(v.Caught, "caught")
	add(v.Aborted, "aborted")
	add(v.Succeeded, "succeeded")
	if v.Retries > 0 {
		retries := "retries"
		if v.Retries == 1 {
			retries = "retry"
		}
		parts = append(parts, number.Thousands(v.Retries)+" "+retries)
	}
	lines := typeset.Wrap(strings.Join(parts, ", "), detailWidth, 3)
	if v.Of != "" {
		lines = append(lines, typeset.Wrap(v.Of, detailWidth, 2)...)
	}
	if i := v.Items; i != nil {
		text := number.Of(i.Total, "item")
		if i.Total > 0 {
			text = fmt.Sprintf("%s: %s succeeded, %s failed", text, number.Thousands(i.Succeeded), number.Thousands(i.Failed))
		}
		lines = append(lines, typeset.Wrap(text, detailWidth+8, 2)...)
	}
	return lines
}

func branches(n int) string {
	if n == 1 {
		return "1 branch"
	}
	return number.Thousands(n) + " branches"
}

// resource returns what a task calls, in short.
func resource(r services.Resource) string {
	switch r.Service {
	case services.FunctionService, services.ActivityService:
		return r.Service + " " + r.ARN[strings.LastIndexByte(r.ARN, ':')+1:]
	}
	return strings.TrimPrefix(r.Service, "aws-sdk:") + ":" + r.Action
}

// text returns the value of a field, or the expression that computes it.
func text(d *expression.Dynamic) string {
	if source := d.Source(); source != "" {
		return source
	}
	if n, whole := expression.WholeNumber(d.Literal); whole {
		return number.Thousands(int(n))
	}
	if s, ok := d.Literal.(string); ok {
		return s
	}
	return value.Text(d.Literal)
}

// things returns a number of things; of an expression its source.
func things(d *expression.Dynamic, thing string) string {
	if n, whole := expression.WholeNumber(d.Literal); whole && !d.Computed() {
		return number.Of(int(n), thing)
	}
	return text(d) + " " + thing + "s"
}

// some returns the first of several names of errors, and how many others there are.
func some(names []string) string {
	const most = 2
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}
