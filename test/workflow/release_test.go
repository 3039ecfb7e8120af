package workflow

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/release/artifact"
)

// With -whole, release.yml runs as it is for a tag of what is committed: it builds
// everything, which takes some ten minutes.
var whole = flag.Bool("whole", false, "make a whole release")

// release is a run of release.yml on this machine.
type release struct {
	tag       string
	checkout  string            // the folder of the first job
	commands  string            // the folder of stand-ins for commands
	artifacts map[string]string // folders by name
	attested  []string          // the names of files
	log       string            // of the first job

	between func(dist string) error // happens between the jobs
}

func (r *release) run(t *testing.T) error {
	t.Helper()
	w := read(t, "release.yml")
	r.artifacts = map[string]string{}
	env := []string{
		"GITHUB_ACTIONS=true", "GITHUB_REF_NAME=" + r.tag, "GITHUB_REPOSITORY=mapjob/mapjob",
		"PATH=" + r.commands + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
	expressions := map[string]string{"github.ref_name": r.tag, "github.token": "the token"}
	there := func(Step) error { return nil }
	log, err := Runner{r.checkout, env, expressions, map[string]func(Step) error{
		"actions/checkout": there, "actions/setup-go": there,
		"actions/upload-artifact": func(s Step) error {
			folder := t.TempDir()
			name, from := fmt.Sprint(s.With["name"]), filepath.Join(r.checkout, fmt.Sprint(s.With["path"]))
			r.artifacts[name] = folder
			return os.CopyFS(folder, os.DirFS(from))
		},
	}}.Run(t.Context(), w.Jobs["build"])
	r.log = log
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if r.between != nil {
		if err := r.between(r.artifacts["dist"]); err != nil {
			return err
		}
	}
	workspace := t.TempDir()
	_, err = Runner{workspace, env, expressions, map[string]func(Step) error{
		"actions/download-artifact": func(s Step) error {
			folder, ok := r.artifacts[fmt.Sprint(s.With["name"])]
			if !ok {
				return fmt.Errorf("got no artifact %v", s.With["name"])
			}
			return os.CopyFS(filepath.Join(workspace, fmt.Sprint(s.With["path"])), os.DirFS(folder))
		},
		"actions/attest-build-provenance": func(s Step) error {
			sums, err := os.ReadFile(filepath.Join(workspace, fmt.Sprint(s.With["subject-checksums"])))
			for line := range strings.Lines(string(sums)) {
				subject := regexp.MustCompile(`^[0-9a-f]{64}  (\S+)\n$`).FindStringSubmatch(line)
				if subject == nil {
					return fmt.Errorf("got the line %q, expected a sum and a name", line)
				}
				r.attested = append(r.attested, subject[1])
			}
			return err
		},
	}}.Run(t.Context(), w.Jobs["publish"])
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// command writes a stand-in for a command.
func (r *release) command(t *testing.T, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.commands, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
}

// creation is what `gh release create` gets.
type creation struct {
	tag, repo, title, notes string
	verifies, prerelease    bool
	files                   []string
}

// created reads the arguments that the stand-in for gh has written.
func created(file string) (c creation, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	args := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(args) < 4 || !slices.Equal(args[:3], []string{"token: the token", "release", "create"}) {
		return c, fmt.Errorf("got gh with %q, expected the token and release create", args)
	}
	flags := flag.NewFlagSet("gh", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.repo, "repo", "", "")
	flags.StringVar(&c.title, "title", "", "")
	flags.StringVar(&c.notes, "notes-file", "", "")
	flags.BoolVar(&c.verifies, "verify-tag", false, "")
	flags.BoolVar(&c.prerelease, "prerelease", false, "")
	var operands []string
	for rest := args[3:]; len(rest) > 0; rest = flags.Args() { // gh takes flags anywhere
		if !strings.HasPrefix(rest[0], "-") {
			operands = append(operands, rest[0])
			rest = rest[1:]
		}
		if err := flags.Parse(rest); err != nil {
			return c, fmt.Errorf("gh %q: %w", args, err)
		}
	}
	c.tag, c.files = operands[0], operands[1:]
	return c, nil
}

// made prepares a run of release.yml, in which go is replaced by files that were made
// before.
func made(t *testing.T, tag string) (r *release, gh string) {
	t.Helper()
	gh = filepath.Join(t.TempDir(), "gh")
	r = &release{tag: tag, checkout: t.TempDir(), commands: t.TempDir()}
	dist := t.TempDir()
	assets := filepath.Join(dist, "assets")
	err := errors.Join(os.Mkdir(assets, 0o755), os.WriteFile(filepath.Join(dist, "notes.md"), []byte("notes\n"), 0o600))
	for _, name := range []string{"a.tar.gz", "a.cdx.json"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(assets, name), []byte(name), 0o600))
	}
	for _, name := range []string{"Makefile", "go.mod"} {
		text, problem := os.ReadFile(filepath.Join(root, name))
		err = errors.Join(err, problem, os.WriteFile(filepath.Join(r.checkout, name), text, 0o600))
	}
	if err := errors.Join(err, artifact.WriteSums(assets)); err != nil {
		t.Fatal(err)
	}
	r.command(t, "go", `echo "got $GOTOOLCHAIN $*"; cp -R '`+dist+`' dist`)
	r.command(t, "gh", `{ echo "token: $GH_TOKEN"; printf '%s\n' "$@"; } > '`+gh+`'
while [ $# -gt 0 ]; do [ "$1" != --notes-file ] || cat "$2" || exit 1; shift; done`)
	return r, gh
}

func TestARelease(t *testing.T) {
	for tag, prerelease := range map[string]bool{"v0.1.0": false, "v0.2.0-rc.1": true, "v1'; $(touch bad) $(shell touch worse) `touch worst`": false} {
		r, gh := made(t, tag)
		if err := r.run(t); err != nil {
			t.Errorf("%s: %v", tag, err)
			continue
		}
		if expected := "run ./test/release prepare -tagged " + tag + "\n"; !strings.HasSuffix(r.log, expected) || !strings.HasPrefix(r.log, "got go1.") {
			t.Errorf("%s: %q, expected a toolchain and %q", tag, r.log, expected)
		}
		if found, err := filepath.Glob(filepath.Join(r.checkout, "[bw]*")); err != nil || len(found) > 0 {
			t.Errorf("%s: got the files %q and error %v, expected that no part of a tag runs", tag, found, err)
		}
		got, err := created(gh)
		expected := creation{tag, "mapjob/mapjob", tag, "dist/notes.md", true, prerelease, []string{"dist/assets/SHA256SUMS", "dist/assets/a.cdx.json", "dist/assets/a.tar.gz"}}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(expected) {
			t.Errorf("%s: got %+v and error %v, expected %+v", tag, got, err, expected)
		}
		if !slices.Equal(r.attested, []string{"a.cdx.json", "a.tar.gz"}) {
			t.Errorf("%s: got an attestation of %q, expected one of all files", tag, r.attested)
		}
	}
}

// What is damaged on the way from one job to the other is not published.
func TestADamagedReleaseIsNotPublished(t *testing.T) {
	for name, damage := range map[string]func(dist string) error{
		"another content": func(dist string) error { return os.WriteFile(filepath.Join(dist, "assets", "a.tar.gz"), nil, 0o600) },
		"no file":         func(dist string) error { return os.Remove(filepath.Join(dist, "assets", "a.tar.gz")) },
		"no sums":         func(dist string) error { return os.Remove(filepath.Join(dist, "assets", artifact.SumsName)) },
		"a broken sum": func(dist string) error {
			return os.WriteFile(filepath.Join(dist, "assets", artifact.SumsName), []byte("no sum\n"), 0o600)
		},
	} {
		r, gh := made(t, "v0.1.0")
		r.between = damage
		if err := r.run(t); err == nil || !strings.Contains(err.Error(), "run sha256sum") {
			t.Errorf("%s: got error %v, expected one of sha256sum", name, err)
		}
		if _, err := os.Stat(gh); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got error %v, expected that gh did not run", name, err)
		}
	}
}

// A version is made of the last commit, in a clone, and published with a stand-in for gh.
func TestAWholeRelease(t *testing.T) {
	if !*whole {
		t.Skip("make rehearsal makes a whole release")
	}
	r, gh := made(t, "v0.1.0")
	if err := os.Remove(filepath.Join(r.commands, "go")); err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	do := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = clone
		if args[0] == "clone" {
			cmd.Dir = root
		}
		cmd.Env = append(os.Environ(), "VERSION="+r.tag, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	do("git", "clone", "--quiet", ".", clone)
	do("make", "changelog")
	do("git", "commit", "--quiet", "--all", "--message=CHANGELOG: date "+r.tag)
	do("git", "tag", "--annotate", "--message="+r.tag, r.tag)
	r.checkout = clone
	err := r.run(t)
	t.Log(r.log)
	if err != nil {
		t.Fatal(err)
	}
	got, err := created(gh)
	if expected := 4 + 4 + 3; err != nil || len(got.files) != expected {
		t.Errorf("got the files %q and error %v, expected %d", got.files, err, expected)
	}
	if len(r.attested) != len(got.files)-1 {
		t.Errorf("got an attestation of %q, expected one of all files but the sums", r.attested)
	}
}
