package fields

import (
	"fmt"
	"strconv"
	"strings"
)

// Problem describes one error in a definition.
type Problem struct {
	// Path is the place in the definition, such as
	// $.States.Map.ItemBatcher.MaxItemsPerBatch.
	Path string
	// Message says what the definition has there and what is expected.
	Message string
	// Line is the line in the definition, from 1, or 0 if it is not known.
	Line int
	// service is AWS's text for the problem, with its code and JSON pointer, or ""
	// if that text is not known.
	service string
}

// String returns the path, the line and the message.
func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s (line %d): %s", p.Path, p.Line, p.Message)
	}
	return p.Path + ": " + p.Message
}

// Problems holds all errors in a definition, in the order of the text. It is the
// error of asl.Parse.
type Problems []Problem

// Error returns the problems, one on each line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// ServiceText returns the message with which AWS's CreateStateMachine refuses the
// definition. If AWS's text for a problem is not known, it uses Message.
func (p Problems) ServiceText() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		if texts[i] = problem.service; texts[i] == "" {
			texts[i] = SchemaText(problem.Message, problem.Path)
		}
	}
	return "Invalid State Machine Definition: '" + strings.Join(texts, ", ") + "'"
}

// SchemaText returns AWS's message for a definition that does not fit its schema.
func SchemaText(text, path string) string {
	return "SCHEMA_VALIDATION_FAILED: " + text + " at " + Pointer(path)
}

// Pointer returns a path in AWS's notation, such as /States/Work.
func Pointer(path string) string {
	text := strings.NewReplacer("['", "/", "']", "").Replace(path)
	return strings.ReplaceAll(strings.TrimPrefix(text, "$"), ".", "/")
}

// Step returns the path of a member. A name that is not a plain word is put in
// brackets.
func Step(path, name string) string {
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '$'):
		case i > 0 && c == '.' && name[i:] == ".$":
		default:
			return path + "['" + strings.ReplaceAll(name, "'", `\'`) + "']"
		}
	}
	if name == "" {
		return path + "['']"
	}
	return path + "." + name
}

// Element returns the path of an array element.
func Element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
