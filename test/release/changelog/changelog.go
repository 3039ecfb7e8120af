// Package changelog reads and checks CHANGELOG.md, which has the form of Keep a
// Changelog 1.1.0, and turns what is unreleased into a version.
package changelog

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// repository is where the links of versions lead.
const repository = "https://github.com/mapjob/mapjob"

// Unreleased is the name of the section for the next version.
const Unreleased = "Unreleased"

// kinds are the headings of a section, in their order.
var kinds = []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

// Log is a changelog.
type Log struct {
	intro    string
	Sections []Section // the newest first, Unreleased before all
	links    map[string]string
}

// Section is what has changed in a version.
type Section struct {
	Version string // without v, or Unreleased
	Date    string // empty for Unreleased
	Yanked  bool
	Body    string
}

var (
	heading = regexp.MustCompile(`^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?( \[YANKED\])?$`)
	link    = regexp.MustCompile(`^\[([^\]]+)\]: (\S+)$`)
)

// Parse reads a changelog, and reports everything in which its form is wrong.
func Parse(text string) (*Log, error) {
	log := &Log{links: map[string]string{}}
	var problems []error
	wrong := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("CHANGELOG.md:%d: %s", line, fmt.Sprintf(format, args...)))
	}
	if !strings.HasPrefix(text, "# Changelog\n") {
		wrong(1, "expected # Changelog")
	}
	body := &log.intro
	for number, line := range strings.Split(text, "\n") {
		number++
		switch match := link.FindStringSubmatch(line); {
		case match != nil:
			if _, twice := log.links[match[1]]; twice {
				wrong(number, "got a second link of %s", match[1])
			}
			log.links[match[1]] = match[2]
			continue
		case len(log.links) > 0 && line != "":
			wrong(number, "got %q after the links of versions, expected them at the end", line)
		}
		if strings.HasPrefix(line, "## ") {
			match := heading.FindStringSubmatch(line)
			if match == nil {
				wrong(number, "got %q, expected ## [%s] or ## [1.2.3] - 2026-01-31", line, Unreleased)
				match = []string{"", strings.TrimPrefix(line, "## "), "", ""}
			}
			log.Sections = append(log.Sections, Section{Version: match[1], Date: match[2], Yanked: match[3] != ""})
			body = &log.Sections[len(log.Sections)-1].Body
			continue
		}
		*body += line + "\n"
	}
	for _, expected := range []string{"https://keepachangelog.com/en/1.1.0/", "https://semver.org/"} {
		if !strings.Contains(log.intro, expected) {
			wrong(1, "expected a link to %s before the first section", expected)
		}
	}
	for i := range log.Sections {
		log.Sections[i].Body = strings.Trim(log.Sections[i].Body, "\n")
		problems = append(problems, log.Sections[i].check()...)
	}
	return log, errors.Join(append(problems, log.checkOrder()...)...)
}

func (s Section) check() (problems []error) {
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("CHANGELOG.md: [%s]: %s", s.Version, fmt.Sprintf(format, args...)))
	}
	if s.Version != Unreleased {
		if v := "v" + s.Version; semver.Canonical(v) != v {
			wrong("expected a semantic version")
		}
		if _, err := time.Parse(time.DateOnly, s.Date); err != nil {
			wrong("got the date %q, expected one such as 2026-01-31", s.Date)
		}
		if s.Body == "" {
			wrong("got no changes")
		}
	} else if s.Date != "" || s.Yanked {
		wrong("expected no date")
	}
	last, items, kind := -1, 1, ""
	for line := range strings.Lines(s.Body + "\n### ") {
		name, isHeading := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "### ")
		switch {
		case isHeading:
			if items == 0 {
				wrong("### %s has no items", kind)
			}
			at := slices.Index(kinds, name)
			switch {
			case name == "": // the end
			case at < 0:
				wrong("got ### %s, expected one of %s", name, strings.Join(kinds, ", "))
			case at <= last:
				wrong("got ### %s after ### %s, expected each once, in the order %s", name, kinds[last], strings.Join(kinds, ", "))
			}
			last, items, kind = max(last, at), 0, name
		case strings.HasPrefix(line, "#"):
			wrong("got %q, expected headings of the form ### Added", strings.TrimSpace(line))
		case strings.HasPrefix(line, "- ") && kind == "":
			wrong("got an item before the first heading, expected it below ### Added or another one")
		case strings.HasPrefix(line, "- "):
			items++
		}
	}
	return problems
}

// checkOrder checks the order of the sections, and their links.
func (l *Log) checkOrder() (problems []error) {
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("CHANGELOG.md: "+format, args...))
	}
	if len(l.Sections) == 0 || l.Sections[0].Version != Unreleased {
		wrong("expected ## [%s] as the first section", Unreleased)
	}
	for i, s := range l.Sections {
		if i > 0 && s.Version == Unreleased {
			wrong("got a second section %s", Unreleased)
		}
		if i > 1 {
			newer := l.Sections[i-1]
			if semver.Compare("v"+newer.Version, "v"+s.Version) <= 0 || newer.Date < s.Date {
				wrong("got [%s] of %s before [%s] of %s, expected the newest version first", newer.Version, newer.Date, s.Version, s.Date)
			}
		}
	}
	expected := l.expectedLinks()
	for _, version := range slices.Sorted(maps.Keys(expected)) {
		if l.links[version] != expected[version] {
			wrong("got the link %q of [%s], expected at the end: [%s]: %s", l.links[version], version, version, expected[version])
		}
	}
	for _, version := range slices.Sorted(maps.Keys(l.links)) {
		if expected[version] == "" {
			wrong("got a link of [%s], which has no section", version)
		}
	}
	return problems
}

// expectedLinks are the links of the sections, which compare each with the version
// before it.
func (l *Log) expectedLinks() map[string]string {
	links := map[string]string{}
	for i, s := range l.Sections {
		tag, before := "v"+s.Version, ""
		if i+1 < len(l.Sections) {
			before = "v" + l.Sections[i+1].Version
		}
		switch {
		case s.Version == Unreleased && before == "":
			links[s.Version] = repository + "/commits/main"
		case s.Version == Unreleased:
			links[s.Version] = repository + "/compare/" + before + "...HEAD"
		case before == "":
			links[s.Version] = repository + "/releases/tag/" + tag
		default:
			links[s.Version] = repository + "/compare/" + before + "..." + tag
		}
	}
	return links
}

// Section returns the section of a version with or without v.
func (l *Log) Section(version string) (Section, bool) {
	at := slices.IndexFunc(l.Sections, func(s Section) bool { return s.Version == strings.TrimPrefix(version, "v") })
	if at < 0 {
		return Section{}, false
	}
	return l.Sections[at], true
}

// Announces reports whether the section has a heading.
func (s Section) Announces(kind string) bool {
	return slices.Contains(strings.Split(s.Body, "\n"), "### "+kind)
}

// Release returns the changelog with what is unreleased as a version.
func (l *Log) Release(version string, on time.Time) (string, error) {
	version = strings.TrimPrefix(version, "v")
	if _, exists := l.Section(version); exists {
		return "", fmt.Errorf("CHANGELOG.md: has the section [%s] already", version)
	}
	next, ok := l.Section(Unreleased)
	if !ok || next.Body == "" {
		return "", fmt.Errorf("CHANGELOG.md: [%s] has no changes that could be version %s", Unreleased, version)
	}
	next.Version, next.Date = version, on.Format(time.DateOnly)
	released := &Log{intro: l.intro, Sections: slices.Concat([]Section{{Version: Unreleased}, next}, l.Sections[1:])}
	text := released.String()
	_, err := Parse(text)
	return text, err
}

// String returns the changelog as text.
func (l *Log) String() string {
	var b strings.Builder
	b.WriteString(strings.Trim(l.intro, "\n") + "\n")
	for _, s := range l.Sections {
		fmt.Fprintf(&b, "\n## [%s]", s.Version)
		if s.Date != "" {
			b.WriteString(" - " + s.Date)
		}
		if s.Yanked {
			b.WriteString(" [YANKED]")
		}
		b.WriteString("\n")
		if s.Body != "" {
			b.WriteString("\n" + s.Body + "\n")
		}
	}
	b.WriteString("\n")
	links := l.expectedLinks()
	for _, s := range l.Sections {
		fmt.Fprintf(&b, "[%s]: %s\n", s.Version, links[s.Version])
	}
	return b.String()
}

var relative = regexp.MustCompile(`\]\(([A-Za-z][A-Za-z0-9_./-]*)(#[^)]*)?\)`)

// Notes returns the section as the text of a release, where links to files of the
// repository lead to the files of that version.
func (s Section) Notes() string {
	return relative.ReplaceAllString(s.Body, "]("+repository+"/blob/v"+s.Version+"/$1$2)") + "\n"
}
