package changelog

import (
	"os"
	"strings"
	"testing"
	"time"
)

const good = `# Changelog

In the form of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), with [versions](https://semver.org/).

## [Unreleased]

### Added

- A thing, [described](docs/thing.md#how) and [elsewhere](https://example.com/a).
  It goes on.

### Fixed

- Another.

## [0.2.0] - 2026-11-29

### Changed

- A third.

## [0.1.0] - 2026-11-01 [YANKED]

The first version.

### Added

- All.

[Unreleased]: https://github.com/mapjob/mapjob/compare/v0.2.0...HEAD
[0.2.0]: https://github.com/mapjob/mapjob/compare/v0.1.0...v0.2.0
[0.1.0]: https://github.com/mapjob/mapjob/releases/tag/v0.1.0
`

func TestTheChangelogOfThisProject(t *testing.T) {
	text, err := os.ReadFile("../../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	log, err := Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	// Nobody had what came before the first version: it is described, not its changes.
	const most = 100
	if lines := strings.Count(log.Sections[0].Body, "\n"); len(log.Sections) == 1 && lines > most {
		t.Errorf("got %d lines about the first version, expected a summary of at most %d", lines, most)
	}
}

func TestAGoodChangelogIsWrittenAsItWas(t *testing.T) {
	log, err := Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if got := log.String(); got != good {
		t.Errorf("got:\n%s\nexpected:\n%s", got, good)
	}
}

func TestABadFormIsRefused(t *testing.T) {
	for _, test := range []struct{ name, from, to, expected string }{
		{"no title", "# Changelog\n", "# Changes\n", "CHANGELOG.md:1: expected # Changelog"},
		{"no reference to the form", "keepachangelog.com/en/1.1.0", "keepachangelog.com/en/1.0.0", "expected a link to https://keepachangelog.com/en/1.1.0/"},
		{"no brackets", "## [Unreleased]", "## Unreleased", `CHANGELOG.md:5: got "## Unreleased", expected ## [Unreleased]`},
		{"another heading", "### Fixed", "### Bugs", "[Unreleased]: got ### Bugs, expected one of Added"},
		{"headings in another order", "### Fixed", "### Added", "got ### Added after ### Added"},
		{"no items", "- Another.\n", "Another.\n", "### Fixed has no items"},
		{"an item without a heading", "### Changed\n", "", "[0.2.0]: got an item before the first heading"},
		{"another level", "### Changed", "#### Changed", `got "#### Changed"`},
		{"no date", "## [0.2.0] - 2026-11-29", "## [0.2.0]", `[0.2.0]: got the date ""`},
		{"no such date", "2026-11-29", "2026-11-31", `got the date "2026-11-31"`},
		{"an older date", "2026-11-29", "2026-10-29", "expected the newest version first"},
		{"no version", "[0.2.0] - ", "[0.2] - ", "[0.2]: expected a semantic version"},
		{"a date of what is unreleased", "## [Unreleased]", "## [Unreleased] - 2026-11-29", "expected no date"},
		{"nothing", "### Changed\n\n- A third.\n", "", "[0.2.0]: got no changes"},
		{"another comparison", "compare/v0.2.0...HEAD", "compare/v0.1.0...HEAD", "expected at the end: [Unreleased]: https://github.com/mapjob/mapjob/compare/v0.2.0...HEAD"},
		{"no link", "[0.1.0]: https://github.com/mapjob/mapjob/releases/tag/v0.1.0\n", "", `got the link "" of [0.1.0]`},
		{"a link too many", "[Unreleased]: ", "[0.3.0]: https://example.com\n[Unreleased]: ", "got a link of [0.3.0], which has no section"},
		{"a link twice", "[Unreleased]: ", "[Unreleased]: https://example.com\n[Unreleased]: ", "got a second link of Unreleased"},
		{"text after the links", "releases/tag/v0.1.0\n", "releases/tag/v0.1.0\n- An item.\n", "expected them at the end"},
		{"two sections", "## [0.2.0] - 2026-11-29", "## [Unreleased]", "got a second section Unreleased"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(good, test.from, test.to, 1)
			if text == good {
				t.Fatalf("%q is not in the text", test.from)
			}
			if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), test.expected) {
				t.Errorf("got error:\n%v\nexpected %q", err, test.expected)
			}
		})
	}
	if _, err := Parse(""); err == nil || !strings.Contains(err.Error(), "expected ## [Unreleased] as the first section") {
		t.Errorf("got error %v for an empty file", err)
	}
}

func TestARelease(t *testing.T) {
	log, err := Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	text, err := log.Release("v0.3.0", time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.NewReplacer(
		"## [Unreleased]\n", "## [Unreleased]\n\n## [0.3.0] - 2026-12-01\n",
		"[Unreleased]: https://github.com/mapjob/mapjob/compare/v0.2.0...HEAD\n",
		"[Unreleased]: https://github.com/mapjob/mapjob/compare/v0.3.0...HEAD\n[0.3.0]: https://github.com/mapjob/mapjob/compare/v0.2.0...v0.3.0\n",
	).Replace(good)
	if text != expected {
		t.Errorf("got:\n%s\nexpected:\n%s", text, expected)
	}
	released, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	section, ok := released.Section("v0.3.0")
	if !ok || !section.Announces("Fixed") || section.Announces("Changed") {
		t.Errorf("got %+v, expected what was unreleased", section)
	}
	if notes := section.Notes(); !strings.Contains(notes, "(https://github.com/mapjob/mapjob/blob/v0.3.0/docs/thing.md#how)") || !strings.Contains(notes, "(https://example.com/a)") {
		t.Errorf("got the notes %q, expected links to files of the version", notes)
	}

	for version, problem := range map[string]string{"v0.4.0": "has no changes", "v0.3.0": "has the section [0.3.0] already"} {
		if _, err := released.Release(version, time.Now()); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: got error %v, expected %q", version, err, problem)
		}
	}
	if _, err := log.Release("v0.1.5", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)); err == nil {
		t.Error("got no error for a version older than the last one")
	}
}
