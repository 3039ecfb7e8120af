// Package mutants lists changes of a job's definition and of the handler kit with
// which a job is wrong: the soak has to find each of them.
package mutants

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is a change with which a job is wrong.
type Mutant struct {
	Name      string
	What      string
	Form      string // of the job that shows it, with its overlap policy
	Policy    string
	Invariant string // that does not hold

	edit func(states) // of the definition; nil: of the kit
	line line
}

// OfKit reports whether the mutant changes a line of the kit, so that the soak has
// to be compiled with it.
func (m *Mutant) OfKit() bool { return m.edit == nil }

// line is a text of a source file that occurs once, and what takes its place.
type line struct{ file, old, new string }

// states are all states of a definition, by their names.
type states map[string]map[string]any

// All returns the mutants.
func All() []Mutant {
	return []Mutant{
		{Name: "D1", What: "the Map is retried after any error", Form: "value", Policy: "Replace", Invariant: "one Map Run", edit: func(s states) {
			s["Map"]["Retry"] = []any{map[string]any{"ErrorEquals": []any{"States.ALL"}, "MaxAttempts": 1}}
		}},
		{Name: "D2", What: "too many failures of the Map are not caught", Form: "value", Policy: "Replace", Invariant: "the summary ran, or the failure says why", edit: func(s states) {
			delete(s["Map"], "Catch")
		}},
		{Name: "D3", What: "the lock is released before the summary", Form: "value", Policy: "Wait", Invariant: "one in the body", edit: func(s states) {
			early := maps.Clone(s["ReleaseLock"])
			delete(early, "End")
			early["Next"] = "Summary"
			early["Catch"] = []any{map[string]any{"ErrorEquals": []any{"States.ALL"}, "Next": "Summary"}}
			branch := s["Locked"]["Branches"].([]any)[0].(map[string]any)["States"].(map[string]any)
			branch["ReleaseEarly"] = early
			s["Map"]["Next"] = "ReleaseEarly"
		}},
		{Name: "D4", What: "only a lock without an owner is taken over", Form: "value", Policy: "Skip", Invariant: "the next one takes the lock", edit: func(s states) {
			arguments := s["TakeOverLock"]["Arguments"].(map[string]any)
			arguments["ConditionExpression"] = "attribute_not_exists(#owner) OR #owner = :me"
			delete(arguments["ExpressionAttributeValues"].(map[string]any), ":ended")
		}},
		{Name: "D5", What: "the lock is taken without a condition", Form: "value", Policy: "Skip", Invariant: "one in the body", edit: func(s states) {
			arguments := s["TakeLock"]["Arguments"].(map[string]any)
			for _, name := range []string{"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"} {
				delete(arguments, name)
			}
		}},
		{Name: "D6", What: "the job fails if as many items failed as it tolerates", Form: "value", Policy: "Skip", Invariant: "the verdict agrees", edit: func(s states) {
			s.condition("Verdict", "$account.failed * 100 > ", "$account.failed * 100 >= ")
		}},
		{Name: "D7", What: "the verdict does not look for missing items", Form: "value", Policy: "Replace", Invariant: "the verdict agrees", edit: func(s states) {
			s.condition("Verdict", "$account.missing > 0", "false")
		}},
		{Name: "D8", What: "the job start is not tried again when it is throttled", Form: "value", Policy: "Skip", Invariant: "survivable", edit: func(s states) {
			s["JobStart"]["Retry"] = s["JobStart"]["Retry"].([]any)[1:]
		}},
		{Name: "K1", What: "the first manifest of a Map Run counts, not that of the last redrive", Form: "value", Policy: "Skip", Invariant: "accounted once", line: line{
			"internal/results/manifest.go", `if isManifest && (f.manifest == "" || redrive > f.redrive) {`, `if isManifest && f.manifest == "" {`}},
		{Name: "K2", What: "the first outcome of an item counts, not the best", Form: "reference", Policy: "Wait", Invariant: "the account is true", line: line{
			"internal/results/chunk.go", `if rank := o.Rank(); rank > best.rank {`, `if rank := o.Rank(); best.rank == 0 {`}},
		{Name: "K3", What: "the items of a child execution that failed are not counted", Form: "value", Policy: "Replace", Invariant: "accounted once", line: line{
			"internal/results/maprun.go", `return r.child(c, errorOf)`, `return nil`}},
		{Name: "K4", What: "job.Once does not remember the outcome of finished work", Form: "express", Policy: "Skip", Invariant: "done once", line: line{
			"job/internal/once/table.go", `return t.put(ctx, r, &record{owner: r.owner, status: inProgress}, now)`, `return t.forget(ctx, r)`}},
		{Name: "K5", What: "no time is reserved before the deadline of a function", Form: "value", Policy: "Skip", Invariant: "failures have a reason", line: line{
			"job/internal/contain/contain.go", `reserve := min(time.Until(deadline)/10, longestReserve)`, `reserve := min(0, longestReserve)`}},
		{Name: "K6", What: "an object that can't be written is taken for one that is", Form: "value", Policy: "Skip", Invariant: "the report is there", line: line{
			"job/internal/upload/upload.go", `_, err = client.PutObject(o.ctx,`, `_, _ = client.PutObject(o.ctx,`}},
		{Name: "K7", What: "the last failed item is not stored for a rerun", Form: "value", Policy: "Skip", Invariant: "failures are those", line: line{
			"job/internal/failures/failures.go", `if succeeded(index) {`, `if succeeded(index) || count == expected-1 {`}},
	}
}

// condition changes a condition of a Choice state.
func (s states) condition(name, old, changed string) {
	for _, choice := range s[name]["Choices"].([]any) {
		rule := choice.(map[string]any)
		if text := rule["Condition"].(string); strings.Contains(text, old) {
			rule["Condition"] = strings.Replace(text, old, changed, 1)
			return
		}
	}
	panic(fmt.Sprintf("state %s: got no condition with %q", name, old))
}

// Template changes the definitions in a template that have the states.
func (m *Mutant) Template(text []byte) ([]byte, error) {
	var template struct{ Resources map[string]map[string]any }
	if err := json.Unmarshal(text, &template); err != nil {
		return nil, err
	}
	for _, resource := range template.Resources {
		if resource["Type"] != "AWS::StepFunctions::StateMachine" {
			continue
		}
		properties := resource["Properties"].(map[string]any)
		changed, err := m.definition(properties["DefinitionString"])
		if err != nil {
			return nil, err
		}
		properties["DefinitionString"] = changed
	}
	return json.Marshal(template)
}

// definition changes a definition, whose text CloudFormation joins.
func (m *Mutant) definition(joined any) (any, error) {
	pieces := joined.(map[string]any)["Fn::Join"].([]any)[1].([]any)
	// A mark in the text stands for each piece that is a reference.
	mark := func(i int) string { return fmt.Sprintf("<piece %d>", i) }
	var text strings.Builder
	for i, piece := range pieces {
		if literal, ok := piece.(string); ok {
			text.WriteString(literal)
		} else {
			text.WriteString(mark(i))
		}
	}
	var definition map[string]any
	if err := json.Unmarshal([]byte(text.String()), &definition); err != nil {
		return nil, err
	}
	all := states{}
	all.add(definition)
	if all["Locked"] == nil { // a job without a lock has no state of it
		return joined, nil
	}
	m.edit(all)
	var changed bytes.Buffer
	e := json.NewEncoder(&changed)
	e.SetEscapeHTML(false)
	if err := e.Encode(definition); err != nil {
		return nil, err
	}
	again := []any{}
	rest := changed.String()
	for rest != "" {
		before, after, found := strings.Cut(rest, "<piece ")
		again = append(again, before)
		if !found {
			break
		}
		var i int
		number, after, _ := strings.Cut(after, ">")
		if _, err := fmt.Sscan(number, &i); err != nil {
			return nil, err
		}
		again, rest = append(again, pieces[i]), after
	}
	return map[string]any{"Fn::Join": []any{"", again}}, nil
}

// add adds the states of a flow and of the flows in them.
func (s states) add(flow map[string]any) {
	all, _ := flow["States"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		state := all[name].(map[string]any)
		s[name] = state
		if processor, ok := state["ItemProcessor"].(map[string]any); ok {
			s.add(processor)
		}
		branches, _ := state["Branches"].([]any)
		for _, branch := range branches {
			s.add(branch.(map[string]any))
		}
	}
}

// Overlay writes what go build -overlay needs to compile the kit with the mutant: a
// file in a folder, whose path it returns. Root is the module's folder.
func (m *Mutant) Overlay(root, folder string) (string, error) {
	file := filepath.Join(root, filepath.FromSlash(m.line.file))
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.line.old); n != 1 {
		return "", fmt.Errorf("%s: got %q %d times, expected once", m.line.file, m.line.old, n)
	}
	changed := filepath.Join(folder, filepath.Base(file))
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.line.old, m.line.new, 1)), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", err
	}
	at := filepath.Join(folder, "overlay.json")
	return at, os.WriteFile(at, overlay, 0o600)
}
