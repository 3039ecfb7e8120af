package docs

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/internal/cli"
	"github.com/mapjob/mapjob/test/docs/shape"
	"github.com/mapjob/mapjob/test/docs/story"
)

// help returns what mapjob COMMAND --help prints.
func help(words ...string) string {
	var out, errs bytes.Buffer
	cli.Main(append(slices.Clone(words), "--help"), strings.NewReader(""), &out, &errs)
	return out.String() + errs.String()
}

var (
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z][a-z ]*?)(?: (?:[\[(<]|--).*)?$`)
	helpFlag    = regexp.MustCompile(`(?m)^\s+(?:(-[a-z]), +|  +)?(--[a-z0-9-]+)`)
)

// model has the flags of each command of mapjob.
var model = sync.OnceValue(func() map[string][]string {
	commands := map[string][]string{"": flagsOf(help())}
	_, list, _ := strings.Cut(help(), "\nCommands:\n")
	for _, m := range helpCommand.FindAllStringSubmatch(list, -1) {
		commands[m[1]] = flagsOf(help(strings.Fields(m[1])...))
	}
	return commands
})

func flagsOf(text string) (flags []string) {
	for _, m := range helpFlag.FindAllStringSubmatch(text, -1) {
		flags = append(flags, m[2])
		if m[1] != "" {
			flags = append(flags, m[1])
		}
	}
	return flags
}

func TestModelOfTheCommand(t *testing.T) {
	commands := model()
	for _, name := range []string{"run", "list", "asl run", "asl validate", "init", "completion"} {
		if commands[name] == nil {
			t.Errorf("got the commands %q, expected %s among them", slices.Sorted(maps.Keys(commands)), name)
		}
	}
	if !slices.Contains(commands["run"], "--seed") || !slices.Contains(commands["asl run"], "--virtual-time") || slices.Contains(commands["list"], "--seed") {
		t.Errorf("got other flags than those of the commands: %q", commands)
	}
}

// otherFlags are those of other programs which pages name without the program.
var otherFlags = []string{"--endpoint-url"}

// problemsOfCommand returns what mapjob does not know of a command.
func problemsOfCommand(s shape.Shape) (problems []string) {
	if s.Words[0] != "mapjob" {
		return nil
	}
	name := strings.Join(s.Words[1:], " ")
	flags, known := model()[name]
	if !known && len(s.Flags) == 0 {
		for command := range model() { // mapjob asl is a group of commands
			known = known || strings.HasPrefix(command, name+" ")
		}
	}
	if !known {
		return []string{"mapjob has no command " + name}
	}
	for _, flag := range s.Flags {
		if !slices.Contains(flags, flag) {
			problems = append(problems, "mapjob "+name+" has no flag "+flag)
		}
	}
	return problems
}

// Flags, commands, variables and targets that pages name exist.
func TestNamesInTextExist(t *testing.T) {
	var all []string
	for _, flags := range model() {
		all = append(all, flags...)
	}
	targets := makeTargets(t)
	variables := variablesOf(t)
	variable := regexp.MustCompile(`^\$?(MAPJOB_[A-Z_]+|AWS_[A-Z0-9_]+|CDK_[A-Z_]+|JSII_[A-Z_]+)(=.*)?$`)
	target := regexp.MustCompile(`^make ([a-z-]+)`)
	flag := regexp.MustCompile(`^(--[a-z][a-z0-9-]*)`)
	count := 0
	for _, p := range pages(t) {
		if p.Path == "CHANGELOG.md" {
			continue // it names what was
		}
		check := func(at, text string) {
			if s, ok := shape.Of(text); ok && s.Words[0] == "mapjob" && len(s.Words)+len(s.Flags) > 1 {
				count++
				for _, problem := range problemsOfCommand(s) {
					t.Errorf("%s: %s", at, problem)
				}
			}
			if m := target.FindStringSubmatch(text); m != nil {
				count++
				if !slices.Contains(targets, m[1]) {
					t.Errorf("%s: the Makefile has no target %s", at, m[1])
				}
			}
		}
		for _, span := range p.Spans {
			at := p.At(span.Line)
			check(at, span.Text)
			if m := flag.FindStringSubmatch(span.Text); m != nil {
				count++
				if !slices.Contains(all, m[1]) && !slices.Contains(otherFlags, m[1]) {
					t.Errorf("%s: no command of mapjob has the flag %s", at, m[1])
				}
			}
			if m := variable.FindStringSubmatch(span.Text); m != nil {
				count++
				if !variables[m[1]] {
					t.Errorf("%s: the variable %s is not in the code", at, m[1])
				}
			}
		}
		for _, b := range blocks(p) {
			if b.Language == "sh" || b.Language == "console" {
				for _, c := range story.Commands(b.Step) {
					check(p.At(b.Line+c.Line), c.Text)
				}
			}
		}
	}
	t.Logf("%d names exist", count)
	if count < 100 {
		t.Errorf("got %d names, expected those of all pages", count)
	}
}

// makeTargets returns the targets of the Makefile.
func makeTargets(t *testing.T) (targets []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z -]*):`).FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, strings.Fields(m[1])...)
	}
	return targets
}

// variablesOf returns the variables of the environment that files other than pages name.
func variablesOf(t *testing.T) map[string]bool {
	t.Helper()
	command := exec.Command("git", "grep", "--untracked", "-hoE", "[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", "--", ".", ":!*.md", ":!test/docs", ":!*.snap*")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for name := range strings.Lines(string(out)) {
		found[strings.TrimSpace(name)] = true
	}
	return found
}
