package graph_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/graph"
)

func parse(t interface {
	Helper()
	Fatal(...any)
}, definition []byte) *asl.StateMachine {
	t.Helper()
	machine, err := asl.Parse(definition)
	if err != nil {
		t.Fatal(err, string(definition))
	}
	return machine
}

// names are parts of the names of states that could break a drawing.
var names = []string{"end", "Load orders", "a\"b", "[x] {y} (z) |w|", "<script>alert(1)</script>", "</text></svg>", "&amp; #35; %%", "😀 名前 👩‍👧", "line\nbreak\ttab",
	"1. list", "- dash", "`code` *b* _i_", "x --> y; class z", strings.Repeat("W", 76), strings.Repeat("ab ", 25), "subgraph", "\u0000\u001b[2J\u202e", "   ", "fa:fa-car", "$x$"}

// definition draws the states of a flow. Each state leads to the next one, so that all
// are reached, and to any others.
type definition struct {
	t     *rapid.T
	count int
}

func (d *definition) flow(depth int) map[string]any {
	n := rapid.IntRange(1, 6).Draw(d.t, "states")
	own := make([]string, n)
	for i := range own {
		d.count++
		own[i] = fmt.Sprintf("%s%d", rapid.SampledFrom(names).Draw(d.t, "name"), d.count)
	}
	states := map[string]any{}
	for i, name := range own {
		states[name] = d.state(own, i, depth)
	}
	return map[string]any{"StartAt": own[0], "States": states}
}

func (d *definition) state(own []string, i, depth int) map[string]any {
	anywhere := func() string { return rapid.SampledFrom(own).Draw(d.t, "target") }
	last := i == len(own)-1
	kinds := []string{"Pass", "Wait", "Task"}
	if last {
		kinds = append(kinds, "Succeed", "Fail")
	} else {
		kinds = append(kinds, "Choice")
	}
	if depth > 0 {
		kinds = append(kinds, "Map", "Parallel")
	}
	kind := rapid.SampledFrom(kinds).Draw(d.t, "kind")
	s := map[string]any{"Type": kind}
	switch kind {
	case "Succeed", "Fail":
		return s
	case "Choice":
		rules := []any{}
		for range rapid.IntRange(1, 3).Draw(d.t, "rules") {
			rules = append(rules, map[string]any{"Variable": "$.a", "StringEquals": rapid.SampledFrom(names).Draw(d.t, "operand"), "Next": anywhere()})
		}
		s["Choices"], s["Default"] = rules, own[i+1]
		return s
	case "Wait":
		s["Seconds"] = 1
	case "Task":
		s["Resource"] = "arn:aws:states:::lambda:invoke"
	case "Map":
		s["ItemProcessor"] = d.flow(depth - 1)
	case "Parallel":
		branches := []any{}
		for range rapid.IntRange(1, 3).Draw(d.t, "branches") {
			branches = append(branches, d.flow(depth-1))
		}
		s["Branches"] = branches
	}
	if last {
		s["End"] = true
	} else {
		s["Next"] = own[i+1]
	}
	if kind == "Task" || depth > 0 && (kind == "Map" || kind == "Parallel") {
		catchers := []any{}
		for i := range rapid.IntRange(0, 2).Draw(d.t, "catchers") {
			catchers = append(catchers, map[string]any{"ErrorEquals": []string{fmt.Sprintf("<E>%d", i)}, "Next": anywhere()})
		}
		if len(catchers) > 0 {
			s["Catch"] = catchers
		}
		s["Retry"] = []any{map[string]any{"ErrorEquals": []string{"A", "B", "C"}}}
	}
	return s
}

// Whatever a definition is, each state and each transition is drawn once, and nothing
// covers anything else.
func TestDrawingsAreCompleteAndLegible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal((&definition{t: t}).flow(2))
		if err != nil {
			t.Fatal(err)
		}
		machine := parse(t, text)
		g := graph.New(machine)
		if err := g.Layout(); err != nil {
			t.Fatal(err)
		}
		checkComplete(t, machine, g)
		checkPlaces(t, g)
		checkSVG(t, machine, g)
		checkMermaid(t, machine, g)
	})
}

func checkComplete(t *rapid.T, machine *asl.StateMachine, g *graph.Graph) {
	nodes := map[string]*graph.Node{}
	var drawn, expected, edges, transitions []string
	for _, n := range g.Nodes {
		if nodes[n.ID] != nil {
			t.Fatalf("got two nodes with the ID %s", n.ID)
		}
		nodes[n.ID] = n
		if n.Kind == graph.StateKind {
			drawn = append(drawn, n.Name)
		}
	}
	for s := range machine.AllStates() {
		expected = append(expected, s.Name)
		for next := range s.Transitions() {
			transitions = append(transitions, s.Name+" to "+next.Name)
		}
	}
	for _, e := range g.Edges {
		if e.Cause != graph.Starts && e.Cause != graph.EndsFlow {
			edges = append(edges, nodes[e.From].Name+" to "+nodes[e.To].Name)
		}
		if nodes[e.From].Parent != nodes[e.To].Parent || nodes[e.From].Branch != nodes[e.To].Branch {
			t.Errorf("got an edge from %q to %q, which are in different flows", nodes[e.From].Name, nodes[e.To].Name)
		}
	}
	for _, list := range [][]string{drawn, expected, edges, transitions} {
		slices.Sort(list)
	}
	if diff := cmp.Diff(expected, drawn); diff != "" {
		t.Errorf("states (-expected +got):\n%s", diff)
	}
	if diff := cmp.Diff(transitions, edges); diff != "" {
		t.Errorf("transitions (-expected +got):\n%s", diff)
	}
}

// slack allows for places that are rounded.
const slack = 0.3

func overlap(a, b graph.Box) bool {
	return a.X < b.X+b.Width-slack && b.X < a.X+a.Width-slack && a.Y < b.Y+b.Height-slack && b.Y < a.Y+a.Height-slack
}

func within(a, b graph.Box) bool {
	return a.X >= b.X-slack && a.Y >= b.Y-slack && a.X+a.Width <= b.X+b.Width+slack && a.Y+a.Height <= b.Y+b.Height+slack
}

func checkPlaces(t *rapid.T, g *graph.Graph) {
	nodes := map[string]*graph.Node{}
	for _, n := range g.Nodes {
		nodes[n.ID] = n
	}
	page := graph.Box{Width: g.Width, Height: g.Height}
	for i, n := range g.Nodes {
		around := page
		if n.Parent != "" {
			around = nodes[n.Parent].Box
		}
		if !within(n.Box, around) {
			t.Errorf("got %q at %v, expected it within %v", n.Name, n.Box, around)
		}
		for _, other := range g.Nodes[i+1:] {
			if n.Parent == other.Parent && overlap(n.Box, other.Box) {
				t.Errorf("got %q at %v and %q at %v, which overlap", n.Name, n.Box, other.Name, other.Box)
			}
		}
	}
	for i, e := range g.Edges {
		from, to := nodes[e.From], nodes[e.To]
		first, last := e.Points[0], e.Points[len(e.Points)-1]
		if !onBorder(first, from.Box) || !onBorder(last, to.Box) {
			t.Errorf("got a line from %v to %v, expected one from the border of %v to that of %v", first, last, from.Box, to.Box)
		}
		if len(e.Label) == 0 && e.At != (graph.Box{}) {
			t.Errorf("got the box %v of a label that an edge from %q does not have", e.At, from.Name)
		}
		for _, n := range g.Nodes {
			if n.Parent != from.Parent {
				continue
			}
			for at := 1; at < len(e.Points); at++ {
				if passes(e.Points[at-1], e.Points[at], n.Box) {
					t.Errorf("got a line of %q to %q that passes %q at %v: %v", from.Name, to.Name, n.Name, n.Box, e.Points)
				}
			}
			if len(e.Label) > 0 && overlap(e.At, n.Box) {
				t.Errorf("got the label %q at %v, which overlaps %q at %v", e.Label, e.At, n.Name, n.Box)
			}
		}
		for _, other := range g.Edges[i+1:] {
			if len(e.Label) > 0 && len(other.Label) > 0 && nodes[other.From].Parent == from.Parent && overlap(e.At, other.At) {
				t.Errorf("got the labels %q at %v and %q at %v, which overlap", e.Label, e.At, other.Label, other.At)
			}
		}
	}
}

func onBorder(p graph.Point, b graph.Box) bool {
	inside := p.X >= b.X-slack && p.X <= b.X+b.Width+slack && p.Y >= b.Y-slack && p.Y <= b.Y+b.Height+slack
	near := min(math.Abs(p.Y-b.Y), math.Abs(p.Y-b.Y-b.Height), math.Abs(p.X-b.X), math.Abs(p.X-b.X-b.Width))
	return inside && near <= slack
}

// passes reports whether a line passes a box: the line is within the rectangle of its
// two points.
func passes(p, q graph.Point, b graph.Box) bool {
	return overlap(graph.Box{X: min(p.X, q.X), Y: min(p.Y, q.Y), Width: max(math.Abs(p.X-q.X), 3*slack), Height: max(math.Abs(p.Y-q.Y), 3*slack)},
		graph.Box{X: b.X + 3*slack, Y: b.Y + 3*slack, Width: b.Width - 6*slack, Height: b.Height - 6*slack})
}

func checkSVG(t *rapid.T, machine *asl.StateMachine, g *graph.Graph) {
	var svg bytes.Buffer
	if err := g.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	boxes := 0
	decoder := xml.NewDecoder(&svg)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains([]string{"svg", "style", "g", "title", "rect", "path", "circle", "text"}, element.Name.Local) {
			t.Errorf("got the element %s, expected one of a drawing", element.Name.Local)
		}
		for _, a := range element.Attr {
			if a.Name.Local == "class" && a.Value == "box" {
				boxes++
			}
		}
	}
	states := 0
	for range machine.AllStates() {
		states++
	}
	if boxes != states {
		t.Errorf("got %d boxes, expected one for each of %d states", boxes, states)
	}
}

// mermaidLine matches the lines of a diagram. No text leaves its quotes.
var mermaidLine = regexp.MustCompile(`^ *(?:(\w+)[\[({]+"([^"<]|<br/>)*"[\])}]+|subgraph (\w+) \[("[^"<]*")\]|direction TB|end|\w+ (?:-->|-\.->)(?:\|"([^"<]|<br/>)*"\|)? \w+)$`)

func checkMermaid(t *rapid.T, machine *asl.StateMachine, g *graph.Graph) {
	var diagram strings.Builder
	if err := g.Mermaid(&diagram); err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(diagram.String(), "\n")
	if first != "flowchart TD" {
		t.Errorf("got %q, expected a flowchart", first)
	}
	defined := map[string]int{}
	for line := range strings.Lines(rest) {
		match := mermaidLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			t.Errorf("got the line %q, which Mermaid may take for another", line)
			continue
		}
		defined[match[1]+match[3]]++
	}
	for _, n := range g.Nodes {
		if n.Kind == graph.StateKind && defined[n.ID] != 1 {
			t.Errorf("got %d definitions of %s, expected one", defined[n.ID], n.ID)
		}
	}
}

func TestALargeStateMachineIsDrawnOrRefused(t *testing.T) {
	t.Parallel()
	chain := func(n int, caught bool) []byte {
		states := map[string]any{"End": map[string]any{"Type": "Succeed"}}
		for i := range n {
			next := fmt.Sprint("S", i+1)
			if i == n-1 {
				next = "End"
			}
			s := map[string]any{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": next}
			if caught {
				s["Catch"] = []any{map[string]any{"ErrorEquals": []string{"States.ALL"}, "Next": "End"}}
			}
			states[fmt.Sprint("S", i)] = s
		}
		text, err := json.Marshal(map[string]any{"StartAt": "S0", "States": states})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, c := range []struct {
		states  int
		caught  bool
		refused bool
	}{{300, true, false}, {5000, false, false}, {5000, true, true}} {
		g := graph.New(parse(t, chain(c.states, c.caught)))
		if err := g.SVG(io.Discard); errors.Is(err, graph.ErrTooLarge) != c.refused || err != nil && !c.refused {
			t.Errorf("%d states, caught %t: got the error %v, expected one: %t", c.states, c.caught, err, c.refused)
		}
		if err := g.Mermaid(io.Discard); err != nil {
			t.Error(err)
		}
	}
}

func TestNotesSayHowAStateRuns(t *testing.T) {
	t.Parallel()
	g := graph.New(parse(t, []byte(`{"QueryLanguage": "JSONata", "StartAt": "Split", "States": {
		"Split": {"Type": "Map", "Next": "Wait", "MaxConcurrency": 50, "ToleratedFailurePercentage": 2.5, "ToleratedFailureCount": "{% $n %}",
			"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {}, "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}},
			"ItemBatcher": {"MaxItemsPerBatch": 1000, "MaxInputBytesPerBatch": 65536},
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Work", "States": {
				"Work": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:headObject", "End": true,
					"Retry": [{"ErrorEquals": ["Bad"], "MaxAttempts": 0}, {"ErrorEquals": ["A", "B", "C"], "MaxAttempts": 4}]}}}},
		"Wait": {"Type": "Wait", "Seconds": 1, "Next": "Ask"},
		"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "Both"},
		"Both": {"Type": "Parallel", "Next": "Failed", "Branches": [{"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:price", "End": true}}},
			{"StartAt": "Two", "States": {"Two": {"Type": "Map", "Items": "{% $states.input.orders %}", "End": true, "ItemProcessor": {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": true}}}}}}]},
		"Failed": {"Type": "Fail", "Error": "Shop.Closed"}}}`)))
	got := map[string][]string{}
	for _, n := range g.Nodes {
		if n.Kind == graph.StateKind {
			got[n.Name] = n.Notes
		}
	}
	expected := map[string][]string{
		"Split": {"Map: Distributed, Express children", "items: CSV in S3", "batch: up to 1,000 items", "batch: up to 65,536 bytes", "at once: 50", "tolerates failed items: $n or 2.5%"},
		"Work":  {"Task: s3:headObject", "no retry: Bad", "retry ×4: A and 2 more"},
		"Wait":  {"Wait: 1 second"},
		"Ask":   {"Task: sqs:sendMessage", "waits for its task token"},
		"Both":  {"Parallel: 2 branches"},
		"One":   {"Task: function price"},
		"Two":   {"Map: Inline", "items: $states.input.orders"},
		"Each":  {"Pass"}, "Failed": {"Fail: Shop.Closed"},
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("notes (-expected +got):\n%s", diff)
	}
}
