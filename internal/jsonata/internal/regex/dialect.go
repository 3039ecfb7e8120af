package regex

import (
	"strconv"
	"strings"
)

// The ECMAScript mode of regexp2 differs from JavaScript in two ways. The
// functions in this file rewrite a pattern to compensate for them.

// numberGroups removes the names of capture groups. regexp2 numbers named
// groups after all others, whereas JavaScript numbers all groups in order. It
// reports false if two groups have the same name.
func numberGroups(pattern string) (string, bool) {
	if !strings.Contains(pattern, "(?<") {
		return pattern, true
	}
	numbers := map[string]int{}
	count := 0
	ok := true
	withoutNames := rewriteRegex(pattern, func(rest string) (string, int) {
		if rest[0] != '(' {
			return "", 0
		}
		if !strings.HasPrefix(rest, "(?") {
			count++
			return "", 0
		}
		name, _, named := strings.Cut(strings.TrimPrefix(rest, "(?<"), ">")
		if !strings.HasPrefix(rest, "(?<") || !named || strings.HasPrefix(name, "=") || strings.HasPrefix(name, "!") {
			return "", 0
		}
		count++
		if numbers[name] != 0 {
			ok = false
		}
		numbers[name] = count
		return "(", len("(?<") + len(name) + len(">")
	})
	return rewriteRegex(withoutNames, func(rest string) (string, int) {
		name, _, closed := strings.Cut(strings.TrimPrefix(rest, `\k<`), ">")
		if n := numbers[name]; n != 0 && closed && strings.HasPrefix(rest, `\k<`) {
			return `(?:\` + strconv.Itoa(n) + `)`, len(`\k<`) + len(name) + len(">")
		}
		return "", 0
	}), ok
}

// expandBoundaries replaces \b and \B by lookarounds. regexp2 takes the letters
// of all alphabets for word characters, JavaScript only those of ASCII.
func expandBoundaries(pattern string) string {
	const (
		word    = `[A-Za-z0-9_]`
		edge    = `(?:(?<=` + word + `)(?!` + word + `)|(?<!` + word + `)(?=` + word + `))`
		notEdge = `(?:(?<=` + word + `)(?=` + word + `)|(?<!` + word + `)(?!` + word + `))`
	)
	return rewriteRegex(pattern, func(rest string) (string, int) {
		switch {
		case strings.HasPrefix(rest, `\b`):
			return edge, 2
		case strings.HasPrefix(rest, `\B`):
			return notEdge, 2
		}
		return "", 0
	})
}

// rewriteRegex calls replace with the rest of the pattern, at each position
// outside a character class. If replace returns n > 0, its text replaces the
// next n bytes. Otherwise the next character or escape stays as it is.
func rewriteRegex(pattern string, replace func(rest string) (string, int)) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); {
		if !class {
			if with, n := replace(pattern[i:]); n > 0 {
				b.WriteString(with)
				i += n
				continue
			}
		}
		n := 1
		switch pattern[i] {
		case '\\':
			n = min(2, len(pattern)-i)
		case '[':
			class = true
		case ']':
			class = false
		}
		b.WriteString(pattern[i : i+n])
		i += n
	}
	return b.String()
}
