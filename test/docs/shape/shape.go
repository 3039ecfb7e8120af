// Package shape reads commands: which program and subcommand they are, and their flags,
// so that a command of a page can be found in a test that runs it with other values.
package shape

import (
	"regexp"
	"slices"
	"strings"
)

// Shape is a command without its values.
type Shape struct {
	Words []string // the program and its subcommand
	Flags []string // sorted, each once
}

func (s Shape) String() string { return strings.Join(append(slices.Clone(s.Words), s.Flags...), " ") }

// Covers reports whether a command of this shape is one of the other shape, perhaps
// with more flags.
func (s Shape) Covers(other Shape) bool {
	for _, flag := range other.Flags {
		if !slices.Contains(s.Flags, flag) {
			return false
		}
	}
	return slices.Equal(s.Words, other.Words)
}

var (
	variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
	bare     = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	// prefix is what a script of testscript has before a command.
	prefix = regexp.MustCompile(`^(! |\? |exec |code \d )+`)
	// subcommands of two words
	groups = map[string]bool{"asl": true}
)

// Of returns the shape of a command, and false for what is none.
func Of(command string) (Shape, bool) {
	command = strings.TrimPrefix(strings.TrimSpace(command), "source <(")
	words := split(prefix.ReplaceAllString(strings.TrimSpace(command), ""))
	for len(words) > 0 && variable.MatchString(words[0]) {
		words = words[1:]
	}
	switch {
	case len(words) >= 3 && words[0] == "go" && words[1] == "tool" && words[2] == "mapjob":
		words = words[2:]
	case len(words) >= 2 && words[0] == "npx":
		words = words[1:]
	}
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return Shape{}, false
	}
	var s Shape
	subcommands := map[string]int{"aws": 2, "mapjob": 1, "cdk": 1, "go": 1, "npm": 1, "git": 1, "make": 1}[words[0]]
	value := false // the word before is a flag that may have a value
	for i, word := range words {
		switch {
		case i == 0:
			s.Words = append(s.Words, word)
		case strings.HasPrefix(word, "-") && word != "-" && word != "--":
			name, _, _ := strings.Cut(word, "=")
			s.Flags = append(s.Flags, name)
			value = !strings.Contains(word, "=")
			continue
		case subcommands > 0 && !(value && words[0] == "aws") && bare.MatchString(word):
			s.Words = append(s.Words, word)
			if subcommands--; words[0] == "mapjob" && groups[word] {
				subcommands++
			}
		}
		value = false
	}
	slices.Sort(s.Flags)
	s.Flags = slices.Compact(s.Flags)
	return s, true
}

// split splits the first simple command of a line into words, without its comment,
// redirections and the commands that follow.
func split(line string) (words []string) {
	var word strings.Builder
	var quote rune
	begun := false
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ' || r == '\t':
			end()
		case (r == '|' || r == ';' || r == '&' || r == '>' || r == '#' || r == '…') && !begun:
			return words
		case r == ';' || r == ')':
			end()
			return words
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	end()
	return words
}
