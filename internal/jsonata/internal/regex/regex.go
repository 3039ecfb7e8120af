// Package regex matches regular expressions by JavaScript's rules. It is based on
// regexp2 and corrects what regexp2's ECMAScript mode does differently.
package regex

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

// timeout bounds one match: a backtracking match can take exponential time.
const timeout = time.Second

// ErrTimeout is returned if a match takes too long.
var ErrTimeout = errors.New("the match takes longer than a second")

// ErrEmptyMatch is returned if a further match is empty.
var ErrEmptyMatch = errors.New("the regular expression matches an empty string")

// Regexp represents a compiled regular expression. It is safe for concurrent
// use.
type Regexp struct {
	source string
	re     *regexp2.Regexp
	wide   *regexp2.Regexp // for texts beyond ASCII; nil if re matches them, too
}

// Compile compiles a pattern. flags may hold i and m.
func Compile(pattern, flags string) (*Regexp, error) {
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	if strings.Contains(flags, "i") {
		options |= regexp2.IgnoreCase
	}
	if strings.Contains(flags, "m") {
		options |= regexp2.Multiline
	}
	invalid := func(reason string) error {
		return errors.New("Invalid regular expression: /" + pattern + "/" + flags + "g: " + reason) // JavaScript's own words
	}
	numbered, ok := numberGroups(pattern)
	if !ok {
		return nil, invalid("Duplicate capture group name")
	}
	re, err := regexp2.Compile(numbered, options)
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), ": ")
		return nil, invalid(reason)
	}
	re.MatchTimeout = timeout
	r := &Regexp{source: pattern, re: re}
	if expanded := expandBoundaries(numbered); expanded != numbered {
		if r.wide, err = regexp2.Compile(expanded, options); err != nil {
			return nil, invalid(err.Error())
		}
		r.wide.MatchTimeout = timeout
	}
	return r, nil
}

// Source returns the pattern.
func (r *Regexp) Source() string { return r.source }

// Match represents one match in a text. Start and End are byte offsets.
type Match struct {
	Text       string
	Start, End int
	Groups     []any // a string, or nil for a group that took no part in the match

	scan *scan
	end  int // in runes
}

// Find returns the first match in text, or nil if there is none. The error is
// [ErrTimeout].
func (r *Regexp) Find(text string) (*Match, error) {
	s := &scan{re: r.re, runes: []rune(text)}
	if r.wide != nil && !javascript.IsASCII(text) {
		s.re = r.wide
	}
	return s.from(0, 0)
}

// Next returns the match that follows m, or nil if there is none. The error is
// [ErrTimeout] or [ErrEmptyMatch].
func (m *Match) Next() (*Match, error) {
	if m.end >= len(m.scan.runes) {
		return nil, nil
	}
	next, err := m.scan.from(m.end, m.End)
	if err == nil && next != nil && next.Text == "" {
		return nil, ErrEmptyMatch
	}
	return next, err
}

// scan finds the matches in one text.
type scan struct {
	re    *regexp2.Regexp
	runes []rune
}

// from returns the first match at or after a position, given in runes and in
// bytes.
func (s *scan) from(at, offset int) (*Match, error) {
	found, err := s.re.FindRunesMatchStartingAt(s.runes, at)
	if err != nil {
		return nil, ErrTimeout
	}
	if found == nil {
		return nil, nil
	}
	m := &Match{Text: found.String(), scan: s, end: found.Index + found.Length}
	m.Start = offset + byteLength(s.runes[at:found.Index])
	m.End = m.Start + len(m.Text)
	groups := found.Groups()[1:]
	m.Groups = make([]any, len(groups))
	for i, g := range groups {
		if len(g.Captures) > 0 {
			m.Groups[i] = g.String()
		}
	}
	return m, nil
}

func byteLength(runes []rune) int {
	n := 0
	for _, r := range runes {
		n += max(utf8.RuneLen(r), 1)
	}
	return n
}
