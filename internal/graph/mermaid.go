package graph

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/graph/typeset"
)

// Limits of Mermaid, beyond which GitHub draws nothing.
const (
	MermaidEdges = 500
	MermaidText  = 50_000
)

// colours of states in a marked diagram. They are legible on a light and on a dark
// page.
const colours = `    classDef succeeded fill:#d7f5df,stroke:#17783a,color:#0d2b16
    classDef failed fill:#fddcde,stroke:#c4232d,color:#3d0a0e,stroke-width:2px
    classDef caught fill:#fdedc4,stroke:#955f00,color:#332100
    classDef running fill:#d5e8fd,stroke:#0b62c4,color:#06254a,stroke-width:2px
    classDef aborted fill:#e4e7eb,stroke:#57606a,color:#1b1f24
    classDef unreached fill:#f4f5f7,stroke:#7d8590,color:#57606a,stroke-dasharray:3 3
`

// Mermaid writes the graph as a flowchart of Mermaid, which GitHub draws.
func (g *Graph) Mermaid(to io.Writer) error {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	g.top.mermaid(&b, "    ")
	if g.marked() {
		b.WriteString(colours)
		for _, n := range g.Nodes {
			if n.Visits != nil {
				status := string(n.Visits.Status)
				if n.Visits.Status == NotReached {
					status = "unreached"
				}
				fmt.Fprintf(&b, "    class %s %s\n", n.ID, status)
				if n.Group() {
					fmt.Fprintf(&b, "    class %s_in %s\n", n.ID, status)
				}
			}
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func (f *flow) mermaid(b *strings.Builder, indent string) {
	for _, n := range f.nodes {
		n.mermaid(b, indent)
	}
	for _, e := range f.edges {
		line := "-->"
		switch {
		case e.Cause == Catch:
			line = "-.->"
		case e.Taken > 0:
			line = "==>"
		}
		if e.Cause == Starts && e.from.Parent != "" {
			continue // the entry of the group leads there
		}
		fmt.Fprintf(b, "%s%s %s", indent, e.From, line)
		if e.Text != "" {
			fmt.Fprintf(b, "|%s|", mermaidText(typeset.Wrap(e.Text, labelWidth, labelLines)))
		}
		fmt.Fprintf(b, " %s\n", e.To)
	}
}

func (n *Node) mermaid(b *strings.Builder, indent string) {
	switch {
	case n.Kind == StartKind && n.Parent != "":
		return
	case n.Kind == StartKind:
		fmt.Fprintf(b, "%s%s((\"start\"))\n", indent, n.ID)
		return
	case n.Kind == EndKind:
		fmt.Fprintf(b, "%s%s((\"end\"))\n", indent, n.ID)
		return
	}
	title := typeset.Wrap(n.Name, titleWidth, titleLines)
	var lines []string
	for _, note := range n.Notes {
		if note == string(n.Type) { // its shape says so
			continue
		}
		lines = append(lines, typeset.Wrap(note, detailWidth, detailLines)...)
	}
	lines = append(lines, n.Visits.outcome()...)
	if n.Group() {
		// The title of a group has room for one line. The rest is in a node, which leads
		// to the states that are first.
		fmt.Fprintf(b, "%ssubgraph %s [%s]\n", indent, n.ID, mermaidText(typeset.Wrap(n.Name, 200, 1)))
		inside := indent + "    "
		fmt.Fprintf(b, "%sdirection TB\n%[1]s%s_in[%s]\n", inside, n.ID, mermaidText(lines))
		for _, inner := range n.flows {
			inner.mermaid(b, inside)
			fmt.Fprintf(b, "%s%s_in --> %s\n", inside, n.ID, inner.first().ID)
		}
		fmt.Fprintf(b, "%send\n", indent)
		return
	}
	left, right := "[", "]"
	switch n.Type {
	case asl.ChoiceState:
		left, right = "{{", "}}"
	case asl.WaitState:
		left, right = "(", ")"
	case asl.SucceedState, asl.FailState:
		left, right = "([", "])"
	}
	fmt.Fprintf(b, "%s%s%s%s%s\n", indent, n.ID, left, mermaidText(append(title, lines...)), right)
}

// first returns the state with which the flow begins.
func (f *flow) first() *Node {
	for _, n := range f.nodes {
		if n.Kind == StateKind {
			return n
		}
	}
	return nil
}

// mermaidText returns a quoted text of several lines. Everything that Mermaid, its
// Markdown or HTML could take for something else is an entity.
func mermaidText(lines []string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		runes := []rune(strings.ReplaceAll(line, ":fa", ":\u200bfa")) // else it may name an icon
		for at, r := range runes {
			first, last := at == 0 || runes[at-1] == ' ', at == len(runes)-1 || runes[at+1] == ' '
			if isPlain(r, first, last) {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, "#%d;", r)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isPlain reports whether a character is nothing but itself in a text. At the beginning
// or the end of a word a sign may be that of a list, an icon or emphasis.
func isPlain(r rune, first, last bool) bool {
	switch {
	case r == ' ', unicode.IsLetter(r), unicode.IsDigit(r):
		return true
	case strings.ContainsRune(",(/×…", r):
		return true
	case strings.ContainsRune(".)", r):
		return !first && !last
	case strings.ContainsRune(":%", r):
		return !first
	case r == '-', r == '_':
		return !first && !last
	case r > 127:
		return unicode.IsGraphic(r)
	}
	return false
}
