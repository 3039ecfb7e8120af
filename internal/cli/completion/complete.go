package completion

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Names are the names that are completed. An error in finding them has no names.
type Names interface {
	Executions(job string) []Candidate // of a job whose name begins so
	Jobs() []Candidate
}

// Complete returns the words that may be typed in place of the last one, which is the
// one at the cursor, for a command of root.
func Complete(root *kong.Node, shell string, words []string, names Names) []Candidate {
	if shell == "bash" {
		words = joined(words)
	}
	l := line{node: root, names: names}
	for _, word := range words[:len(words)-1] {
		l.read(word)
	}
	current := words[len(words)-1]
	all := l.candidates(current)
	found := slices.DeleteFunc(all, func(c Candidate) bool { return !strings.HasPrefix(c.Word, current) })
	if shell != "bash" {
		return found
	}
	// Bash replaces only what is after the last colon or equals sign.
	if at := strings.LastIndexAny(current, "=:") + 1; at > 0 {
		for i := range found {
			found[i].Word = found[i].Word[at:]
		}
	}
	return found
}

// joined joins words that bash has split at colons and equals signs.
func joined(split []string) []string {
	var words []string
	open := false // the last word may go on
	for i, word := range split {
		separates := word == "=" || word == ":" || word == "::"
		switch {
		case len(words) > 0 && i > 0 && (separates || open):
			words[len(words)-1] += word
		default:
			words = append(words, word)
		}
		open = separates
	}
	return words
}

// line is what was typed before the cursor.
type line struct {
	node      *kong.Node
	names     Names
	flag      *kong.Flag // whose value is next
	used      []*kong.Flag
	arguments int
	ended     bool // by --
	local     bool
	job       string
}

// read reads a word before the cursor.
func (l *line) read(word string) {
	switch name, value, has := strings.Cut(word, "="); {
	case l.flag != nil:
		l.set(word)
	case word == "--" && !l.ended:
		l.ended = true
	case strings.HasPrefix(word, "-") && word != "-" && !l.ended:
		if l.flag = l.find(name); l.flag == nil {
			return
		}
		l.used = append(l.used, l.flag)
		if has {
			l.set(value)
		} else if l.flag.IsBool() || l.flag.IsCounter() {
			l.set("true")
		}
	default:
		for _, child := range l.node.Children {
			if child.Type == kong.CommandNode && (child.Name == word || slices.Contains(child.Aliases, word)) {
				l.node, l.arguments = child, 0
				return
			}
		}
		l.arguments++
	}
}

// set is the end of a flag.
func (l *line) set(value string) {
	switch l.flag.Name {
	case "local":
		l.local = value == "true"
	case "job":
		l.job = value
	}
	l.flag = nil
}

// flags returns those of the command and of those above.
func (l *line) flags() (flags []*kong.Flag) {
	for node := l.node; node != nil; node = node.Parent {
		flags = append(flags, node.Flags...)
	}
	return flags
}

func (l *line) find(name string) *kong.Flag {
	for _, flag := range l.flags() {
		if "--"+flag.Name == name || flag.Short != 0 && "-"+string(flag.Short) == name {
			return flag
		}
	}
	return nil
}

// candidates returns what may be typed at the cursor.
func (l *line) candidates(current string) (all []Candidate) {
	if l.flag != nil {
		return l.values(l.flag.Value, "")
	}
	if strings.HasPrefix(current, "-") && !l.ended {
		if name, _, ok := strings.Cut(current, "="); ok {
			if flag := l.find(name); flag != nil {
				return l.values(flag.Value, name+"=")
			}
			return nil
		}
		for _, flag := range l.flags() {
			if !flag.Hidden && (flag.IsCumulative() || !slices.Contains(l.used, flag)) {
				all = append(all, Candidate{"--" + flag.Name, summary(flag.Help)})
			}
		}
		return all
	}
	for _, child := range l.node.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			all = append(all, Candidate{child.Name, summary(child.Help)})
		}
	}
	if at := l.argument(); at != nil {
		all = append(all, l.values(at, "")...)
	}
	return all
}

// argument returns the argument at the cursor; nil if there is none.
func (l *line) argument() *kong.Value {
	arguments := l.node.Positional
	switch n := len(arguments); {
	case l.arguments < n:
		return arguments[l.arguments]
	case n > 0 && arguments[n-1].IsCumulative():
		return arguments[n-1]
	}
	return nil
}

// values returns the values of a flag or an argument, after a prefix.
func (l *line) values(of *kong.Value, prefix string) (all []Candidate) {
	switch tag := of.Tag.Get("complete"); {
	case tag == "executions" && l.local:
		all = l.names.Executions(l.job)
	case tag == "jobs" && l.local:
		all = l.names.Jobs()
	case tag == "executions" || tag == "jobs":
	case tag != "":
		all = words(strings.Split(tag, ","))
	case of.Enum != "":
		all = words(of.EnumSlice())
	}
	for i := range all {
		all[i].Word = prefix + all[i].Word
	}
	return all
}

func words(list []string) (all []Candidate) {
	for _, word := range list {
		all = append(all, Candidate{Word: word})
	}
	return all
}

// summary returns the first sentence of a help text.
func summary(help string) string {
	before, _, _ := strings.Cut(help, ". ")
	before, _, _ = strings.Cut(before, ": ")
	return strings.TrimSuffix(before, ".")
}
