// Package graph draws state machines: as Mermaid, as SVG, or as the data of a graph
// with positions.
//
// [New] makes a graph of a definition. [Graph.Mark] adds what happened in an
// execution, which a [Trace] reads from histories. [Graph.Layout] gives everything its
// place.
package graph

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/graph/layered"
)

// Graph is a state machine as nodes and edges. Lengths are pixels, from the top left
// corner.
type Graph struct {
	// Title is the text above the drawing; it may be empty.
	Title  string  `json:"title,omitempty"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	// Nodes has each group before the nodes inside.
	Nodes []*Node `json:"nodes"`
	Edges []*Edge `json:"edges"`

	top *flow
	ids int
}

// id returns a new ID, which a Mermaid diagram and a selector of CSS can have.
func (g *Graph) id(prefix string) string {
	g.ids++
	return prefix + strconv.Itoa(g.ids)
}

// Kind says what a node stands for.
type Kind string

// The kinds of nodes. A flow of one state has neither start nor end.
const (
	StateKind Kind = "state"
	StartKind Kind = "start"
	EndKind   Kind = "end"
)

// Node is a state, or the start or the end of a flow.
type Node struct {
	// ID has letters and digits only.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Parent is the ID of the Map or the Parallel state around the node; "" at the top.
	Parent string `json:"parent,omitempty"`
	// Branch counts the branches of a Parallel state from 0.
	Branch int `json:"branch,omitempty"`

	// Name and Type are those of the state.
	Name string        `json:"name,omitempty"`
	Type asl.StateType `json:"type,omitempty"`
	// Notes are lines about the state: what a task calls, how a Map runs, retries.
	Notes []string `json:"notes,omitempty"`
	// Visits is nil unless the graph is marked.
	Visits *Visits `json:"visits,omitempty"`

	Box
	// Title, Details and Outcome are the lines of the name, of the notes and of what
	// happened, as they fit into the box.
	Title   []string `json:"title,omitempty"`
	Details []string `json:"details,omitempty"`
	Outcome []string `json:"outcome,omitempty"`

	flows []*flow
	loops []*Edge // from the node to itself
}

// Group reports whether the node has others inside.
func (n *Node) Group() bool { return len(n.flows) > 0 }

// Box is a rectangle.
type Box struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Point is a place in the drawing.
type Point = layered.Point

// Cause says why a transition is made.
type Cause string

// The causes of transitions.
const (
	Starts   Cause = "start" // of a flow
	Next     Cause = "next"
	Rule     Cause = "rule" // of a Choice
	Default  Cause = "default"
	Catch    Cause = "catch"
	EndsFlow Cause = "end"
)

// Edge is a transition.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cause Cause  `json:"cause"`
	// Text is the condition of a rule, or the errors of a catcher.
	Text string `json:"text,omitempty"`
	// Taken is how often the transition was made, in a marked graph.
	Taken int `json:"taken,omitempty"`

	// Label is the text as it is drawn, and At the box of it.
	Label []string `json:"label,omitempty"`
	At    Box      `json:"at,omitzero"`
	// Points are those of the line, from its beginning to its end. Between two of them
	// it leaves the first and reaches the second vertically. A line to the state
	// itself has four points, and straight parts.
	Points []Point `json:"points"`

	from, to *Node
	pieces   []*layered.Piece
}

// flow is a state machine, a branch or the processor of a Map.
type flow struct {
	nodes []*Node // the first one is that with which it begins
	edges []*Edge
	Box
}

// New returns the graph of a definition.
func New(machine *asl.StateMachine) *Graph {
	g := &Graph{}
	g.top = g.flow(&machine.Flow, nil, 0)
	return g
}

// flow adds the nodes and edges of a flow.
func (g *Graph) flow(from *asl.Flow, parent *Node, branch int) *flow {
	f := &flow{}
	add := func(n *Node) *Node {
		n.Branch = branch
		if parent != nil {
			n.Parent = parent.ID
		}
		f.nodes = append(f.nodes, n)
		g.Nodes = append(g.Nodes, n)
		return n
	}
	var start, end *Node
	states := ordered(from)
	marks := len(states) > 1 || parent == nil
	if marks {
		start = add(&Node{ID: g.id("b"), Kind: StartKind})
	}
	nodes := map[*asl.State]*Node{}
	for _, s := range states {
		n := add(&Node{ID: g.id("s"), Kind: StateKind, Name: s.Name, Type: s.Type, Notes: notes(s)})
		nodes[s] = n
		switch {
		case s.Map != nil:
			n.flows = []*flow{g.flow(&s.Map.Processor.Flow, n, 0)}
		case s.Parallel != nil:
			for i, inner := range s.Parallel.Branches {
				n.flows = append(n.flows, g.flow(inner, n, i))
			}
		}
		if s.End && marks && end == nil {
			end = &Node{ID: g.id("e"), Kind: EndKind}
		}
	}
	if end != nil {
		add(end)
	}
	connect := func(from, to *Node, cause Cause, text string) {
		f.edges = append(f.edges, &Edge{From: from.ID, To: to.ID, Cause: cause, Text: text, from: from, to: to})
	}
	if marks {
		connect(start, nodes[from.Start], Starts, "")
	}
	for _, s := range states {
		n := nodes[s]
		switch {
		case s.Next != nil:
			connect(n, nodes[s.Next], Next, "")
		case s.End && marks:
			connect(n, end, EndsFlow, "")
		}
		if s.Choice != nil {
			for _, rule := range s.Choice.Rules {
				connect(n, nodes[rule.Next], Rule, cmp.Or(rule.Comment, rule.Text))
			}
			if s.Choice.Default != nil {
				connect(n, nodes[s.Choice.Default], Default, "default")
			}
		}
		for _, c := range s.Catch {
			connect(n, nodes[c.Next], Catch, strings.Join(c.ErrorEquals, ", "))
		}
	}
	g.Edges = append(g.Edges, f.edges...)
	return f
}

// ordered returns the states of a flow in the order in which they are reached, those
// that follow first. States that are not reached are last.
func ordered(f *asl.Flow) []*asl.State {
	list := make([]*asl.State, 0, len(f.States))
	seen := map[*asl.State]bool{}
	for _, root := range append([]*asl.State{f.Start}, f.States...) {
		for stack := []*asl.State{root}; len(stack) > 0; {
			s := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[s] {
				continue
			}
			seen[s] = true
			list = append(list, s)
			at := len(stack)
			for next := range s.Transitions() {
				stack = append(stack, nil)
				copy(stack[at+1:], stack[at:])
				stack[at] = next
			}
		}
	}
	return list
}
