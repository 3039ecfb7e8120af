package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/mapjob/mapjob/test/release/changelog"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// checkout is the folder of a clone.
type checkout struct{ root string }

func (c checkout) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = c.root
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, &problem)
	}
	return strings.TrimSpace(string(out)), nil
}

func (c checkout) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(c.root, filepath.FromSlash(name)))
	return string(text), err
}

func (c checkout) changelog() (*changelog.Log, error) {
	text, err := c.read("CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	return changelog.Parse(text)
}

// commit returns the commit that is checked out, and its time.
func (c checkout) commit(ctx context.Context) (string, time.Time, error) {
	out, err := c.git(ctx, "log", "-1", "--format=%H %ct")
	if err != nil {
		return "", time.Time{}, err
	}
	hash, at, _ := strings.Cut(out, " ")
	seconds, err := strconv.ParseInt(at, 10, 64)
	return hash, time.Unix(seconds, 0), err
}

// versions returns the versions that are tags of the commit or of one before it, the
// newest first.
func (c checkout) versions(ctx context.Context) ([]string, error) {
	out, err := c.git(ctx, "tag", "--list", "v*", "--merged", "HEAD")
	if err != nil {
		return nil, err
	}
	versions := slices.DeleteFunc(strings.Fields(out), func(tag string) bool { return semver.Canonical(tag) != tag })
	slices.SortFunc(versions, func(a, b string) int { return semver.Compare(b, a) })
	return versions, nil
}

// clone clones a commit into a folder, with a tag that the repository need not have.
func (c checkout) clone(ctx context.Context, folder, commit, tag string) error {
	if _, err := c.git(ctx, "clone", "--quiet", "--no-checkout", ".", folder); err != nil {
		return err
	}
	copied := checkout{folder}
	if _, err := copied.git(ctx, "checkout", "--quiet", "--detach", commit); err != nil {
		return err
	}
	_, err := copied.git(ctx, "tag", "--force", tag)
	return err
}

// checkVersion refuses a version that the module can't have.
func checkVersion(version string) error {
	if semver.Canonical(version) != version || version == "" {
		return fmt.Errorf("version %q: expected a semantic version such as v0.1.0 or v0.2.0-rc.1", version)
	}
	if err := module.CheckPathMajor(version, ""); err != nil {
		return fmt.Errorf("version %s: a major version after v1 needs another module path: %w", version, err)
	}
	return nil
}

// plan is what is released.
type plan struct {
	version string // v0.1.0
	number  string // 0.1.0
	last    string // the version before it, or empty
	commit  string
	changed time.Time
	section changelog.Section
	notes   []string // what could not be checked
}

// plan checks that a version can be made of what is checked out, and reports all
// reasons why not.
func (c checkout) plan(ctx context.Context, version string, tagged bool) (p plan, err error) {
	if err := checkVersion(version); err != nil {
		return p, err
	}
	p.version, p.number = version, strings.TrimPrefix(version, "v")
	if p.commit, p.changed, err = c.commit(ctx); err != nil {
		return p, err
	}
	var problems []error
	changed, err := c.git(ctx, "status", "--porcelain")
	if err != nil {
		return p, err
	}
	if changed != "" {
		problems = append(problems, fmt.Errorf("the working tree has changes, expected none: commit or remove them\n%s", changed))
	}
	versions, err := c.versions(ctx)
	if err != nil {
		return p, err
	}
	versions = slices.DeleteFunc(versions, func(other string) bool { return other == version })
	if len(versions) > 0 {
		if p.last = versions[0]; semver.Compare(p.last, version) > 0 {
			problems = append(problems, fmt.Errorf("version %s: expected one after %s, which is the last", version, p.last))
		}
	}
	tag, noTag := c.git(ctx, "rev-parse", "--verify", "--quiet", "refs/tags/"+version+"^{commit}")
	switch {
	case tagged && noTag != nil:
		problems = append(problems, fmt.Errorf("tag %s does not exist, expected it at commit %.12s", version, p.commit))
	case tagged && tag != p.commit:
		problems = append(problems, fmt.Errorf("tag %s is commit %.12s, expected %.12s, which is checked out", version, tag, p.commit))
	case !tagged && noTag == nil:
		problems = append(problems, fmt.Errorf("tag %s exists, at commit %.12s: take the next version, because proxies keep the first one", version, tag))
	case !tagged:
		if err := c.checkRemote(ctx, version, &p); err != nil {
			problems = append(problems, err)
		}
	}
	if p.section, err = c.section(version); err != nil {
		problems = append(problems, err)
	}
	return p, errors.Join(problems...)
}

// checkRemote looks for the tag where it would be pushed to.
func (c checkout) checkRemote(ctx context.Context, version string, p *plan) error {
	if _, err := c.git(ctx, "remote", "get-url", "origin"); err != nil {
		p.notes = append(p.notes, "there is no remote origin, where the tag could exist")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	found, err := c.git(ctx, "ls-remote", "--tags", "origin", "refs/tags/"+version)
	switch {
	case err != nil:
		p.notes = append(p.notes, "origin can't be reached, and may have the tag: git push would refuse it")
	case found != "":
		return fmt.Errorf("tag %s exists in origin: take the next version, because proxies keep the first one", version)
	}
	return nil
}

// section returns what the changelog says of the version.
func (c checkout) section(version string) (changelog.Section, error) {
	log, err := c.changelog()
	if err != nil {
		return changelog.Section{}, err
	}
	section, ok := log.Section(version)
	if !ok {
		return section, fmt.Errorf("CHANGELOG.md has no section of %s: type make changelog VERSION=%s, read and commit it", version, version)
	}
	if log.Sections[1].Version != section.Version {
		return section, fmt.Errorf("CHANGELOG.md: got version %s after %s, expected it first", log.Sections[1].Version, changelog.Unreleased)
	}
	if unreleased, _ := log.Section(changelog.Unreleased); unreleased.Body != "" {
		return section, fmt.Errorf("CHANGELOG.md has changes in [%s], expected them in [%s]", changelog.Unreleased, section.Version)
	}
	return section, nil
}

// dateChangelog writes the changelog with what is unreleased as a version.
func (r release) dateChangelog(version string, on time.Time) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	log, err := r.checkout.changelog()
	if err != nil {
		return err
	}
	text, err := log.Release(version, on)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.checkout.root, "CHANGELOG.md"), []byte(text), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(r.out, "CHANGELOG.md has the section [%s] of %s. Read it, then type\n\n\tgit commit -m \"CHANGELOG: date %s\" CHANGELOG.md\n\tmake release VERSION=%s\n",
		strings.TrimPrefix(version, "v"), on.Format(time.DateOnly), version, version)
	return nil
}

// pack returns the module's zip: of a commit, or of the files that are checked out.
func (c checkout) pack(commit, version string) ([]byte, error) {
	root, err := filepath.Abs(c.root)
	if err != nil {
		return nil, err
	}
	if commit == "" {
		return moduleproxy.Pack(root, version)
	}
	return moduleproxy.PackCommit(root, commit, version)
}
