package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/test/release/changelog"
)

const unreleased = `# Changelog

In the form of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), with [versions](https://semver.org/).

## [Unreleased]

### Added

- All.

[Unreleased]: https://github.com/mapjob/mapjob/commits/main
`

// repository is a clone with one commit, whose changelog has version 0.1.0.
func repository(t *testing.T) checkout {
	t.Helper()
	for name, value := range map[string]string{"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.DevNull} {
		t.Setenv(name, value)
	}
	c := checkout{t.TempDir()}
	c.write(t, "CHANGELOG.md", unreleased)
	if err := (release{c, io.Discard, io.Discard}).dateChangelog("v0.1.0", time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	c.do(t, "init", "--quiet", "--initial-branch=main")
	c.commitAll(t)
	return c
}

func (c checkout) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.root, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (c checkout) do(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.git(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c checkout) commitAll(t *testing.T) {
	t.Helper()
	c.do(t, "add", ".")
	c.do(t, "commit", "--quiet", "--message=a")
}

func (c checkout) refuses(t *testing.T, version string, tagged bool, expected ...string) {
	t.Helper()
	_, err := c.plan(t.Context(), version, tagged)
	if err == nil {
		t.Errorf("got no error, expected %q", expected)
		return
	}
	for _, text := range expected {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("got error %v, expected %q", err, text)
		}
	}
}

func TestAFirstVersion(t *testing.T) {
	c := repository(t)
	p, err := c.plan(t.Context(), "v0.1.0", false)
	if err != nil {
		t.Fatal(err)
	}
	if p.number != "0.1.0" || p.last != "" || p.commit != c.do(t, "rev-parse", "HEAD") || p.changed.IsZero() || p.section.Date != "2026-11-29" {
		t.Errorf("got %+v, expected the commit, its time and its changes, and no version before", p)
	}
	if len(p.notes) != 1 || !strings.Contains(p.notes[0], "no remote origin") {
		t.Errorf("got the notes %q, expected that there is no remote", p.notes)
	}
	c.refuses(t, "v0.1.0", true, "tag v0.1.0 does not exist")
	c.do(t, "tag", "v0.1.0")
	if _, err := c.plan(t.Context(), "v0.1.0", true); err != nil {
		t.Errorf("got error %v, expected that the tag is the commit", err)
	}
	c.write(t, "new", "")
	c.commitAll(t)
	c.refuses(t, "v0.1.0", true, "tag v0.1.0 is commit")
}

func TestAllReasonsAgainstAVersionAreReported(t *testing.T) {
	c := repository(t)
	c.do(t, "tag", "v0.1.0")
	c.do(t, "tag", "v0.3.0")
	c.write(t, "new", "")
	c.refuses(t, "v0.1.0", false, "the working tree has changes", "?? new", "expected one after v0.3.0", "tag v0.1.0 exists")
	c.refuses(t, "v0.4.0", false, "the working tree has changes", "CHANGELOG.md has no section of v0.4.0: type make changelog VERSION=v0.4.0")
	for _, version := range []string{"", "0.4.0", "v0.4", "v0.4.0+a", "v00.4.0", "latest"} {
		c.refuses(t, version, false, "expected a semantic version")
	}
	c.refuses(t, "v2.0.0", false, "another module path")
}

func TestVersionsOfOtherBranchesAreNotTheLast(t *testing.T) {
	c := repository(t)
	c.do(t, "checkout", "--quiet", "-b", "other")
	c.write(t, "new", "")
	c.commitAll(t)
	c.do(t, "tag", "v0.9.0")
	c.do(t, "checkout", "--quiet", "main")
	c.do(t, "tag", "v0.0.1")
	c.do(t, "tag", "vague")
	if p, err := c.plan(t.Context(), "v0.1.0", false); err != nil || p.last != "v0.0.1" {
		t.Errorf("got the last version %q and error %v, expected v0.0.1", p.last, err)
	}
}

func TestATagOfTheRemote(t *testing.T) {
	origin := repository(t)
	copied := checkout{filepath.Join(t.TempDir(), "copy")}
	origin.do(t, "clone", "--quiet", ".", copied.root)
	if p, err := copied.plan(t.Context(), "v0.1.0", false); err != nil || len(p.notes) != 0 {
		t.Errorf("got the notes %q and error %v, expected none", p.notes, err)
	}
	origin.do(t, "tag", "v0.1.0")
	copied.refuses(t, "v0.1.0", false, "tag v0.1.0 exists in origin")
	copied.do(t, "remote", "set-url", "origin", filepath.Join(t.TempDir(), "gone"))
	if p, err := copied.plan(t.Context(), "v0.1.0", false); err != nil || len(p.notes) != 1 || !strings.Contains(p.notes[0], "origin can't be reached") {
		t.Errorf("got the notes %q and error %v, expected that origin was not asked", p.notes, err)
	}
}

func TestTheChangelogOfAVersion(t *testing.T) {
	c := repository(t)
	text, err := c.read("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "CHANGELOG.md", strings.Replace(text, "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- Late.\n", 1))
	c.commitAll(t)
	c.refuses(t, "v0.1.0", false, "CHANGELOG.md has changes in [Unreleased], expected them in [0.1.0]")

	log, err := c.changelog()
	if err != nil {
		t.Fatal(err)
	}
	if text, err = log.Release("v0.2.0", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	c.write(t, "CHANGELOG.md", text)
	c.commitAll(t)
	c.refuses(t, "v0.1.0", false, "got version 0.2.0 after "+changelog.Unreleased+", expected it first")

	c.write(t, "CHANGELOG.md", strings.Replace(text, "## [0.2.0] - 2026-12-01", "## 0.2.0", 1))
	c.commitAll(t)
	c.refuses(t, "v0.2.0", false, `got "## 0.2.0", expected ## [Unreleased] or`)
}

func TestACloneHasTheTag(t *testing.T) {
	c := repository(t)
	first := c.do(t, "rev-parse", "HEAD")
	c.write(t, "new", "")
	c.commitAll(t)
	clone := checkout{filepath.Join(t.TempDir(), "clone")}
	if err := c.clone(t.Context(), clone.root, first, "v0.1.0"); err != nil {
		t.Fatal(err)
	}
	if got := clone.do(t, "rev-parse", "v0.1.0", "HEAD"); got != first+"\n"+first {
		t.Errorf("got %q, expected %s twice", got, first)
	}
	if got := c.do(t, "tag"); got != "" {
		t.Errorf("got the tags %q of the repository, expected none", got)
	}
}
