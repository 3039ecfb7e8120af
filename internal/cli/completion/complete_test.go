package completion

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/mapjob/mapjob/internal/cli/terminal"
)

// names are the names of two jobs.
type names struct{}

func (names) Executions(job string) []Candidate {
	all := []Candidate{{"monday", "RUNNING"}, {"tuesday", "FAILED"}}
	if job == "Daily" {
		return all[1:]
	}
	return all
}

func (names) Jobs() []Candidate { return []Candidate{{Word: "Daily"}, {Word: "Nightly"}} }

type grammar struct {
	Version kong.VersionFlag `help:"Print it."`

	Status struct {
		Job       string   `complete:"jobs" help:"Which: a name. More."`
		Local     bool     `help:"Here."`
		Error     []string `sep:"none"`
		Secret    string   `hidden:""`
		Kind      string   `enum:"STANDARD,EXPRESS" default:"STANDARD" short:"k"`
		State     string   `complete:"running,failed"`
		Execution string   `arg:"" optional:"" complete:"executions"`
	} `cmd:"" help:"Show it. In full."`
	Stop struct{} `cmd:"" help:"Stop it."`
	ASL  struct {
		Run struct {
			File  string   `arg:""`
			Modes []string `arg:"" optional:"" complete:"fast,slow"`
		} `cmd:""`
		Validate struct{} `cmd:""`
	} `cmd:"" name:"asl"`
	Hidden struct{} `cmd:"" hidden:""`
}

func model(t *testing.T) *kong.Node {
	t.Helper()
	parser, err := kong.New(&grammar{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Node
}

func TestWordsThatMayBeTyped(t *testing.T) {
	t.Parallel()
	root := model(t)
	for typed, expected := range map[string]string{
		"":                                    "status stop asl",
		"st":                                  "status stop",
		"sta":                                 "status",
		"x":                                   "",
		"h":                                   "",
		"--v":                                 "--version",
		"status --":                           "--job --local --error --kind --state --help --version",
		"status --local --e":                  "--error",
		"status --local --lo":                 "",
		"status --error a --err":              "--error",
		"status --secret x --kin":             "--kind",
		"status --kind ":                      "STANDARD EXPRESS",
		"status -k ":                          "STANDARD EXPRESS",
		"status --kind E":                     "EXPRESS",
		"status --kind=":                      "--kind=STANDARD --kind=EXPRESS",
		"status --kind=E":                     "--kind=EXPRESS",
		"status --unknown=":                   "",
		"status --state f":                    "failed",
		"status --error ":                     "",
		"status ":                             "",
		"status --local ":                     "monday tuesday",
		"status --local=true m":               "monday",
		"status --local=false ":               "",
		"status --local -- t":                 "tuesday",
		"status --local -- --":                "",
		"status --local monday ":              "",
		"status --local --job ":               "Daily Nightly",
		"status --job ":                       "",
		"status --local --job D":              "Daily",
		"status --local --job Daily ":         "tuesday",
		"status --local --job=Daily ":         "tuesday",
		"status --error stop --local ":        "monday tuesday",
		"status --local --error=a ":           "monday tuesday",
		"asl ":                                "run validate",
		"asl run ":                            "",
		"asl run a.json ":                     "fast slow",
		"asl run a.json fast s":               "slow",
		"stop ":                               "",
		"unknown ":                            "status stop asl",
		"status --local --error=$(id) --job ": "Daily Nightly",
	} {
		if got := wordsOf(Complete(root, "fish", strings.Split(typed, " "), names{})); got != expected {
			t.Errorf("%q: got %q, expected %q", typed, got, expected)
		}
	}
}

// wordsOf joins the words of candidates.
func wordsOf(candidates []Candidate) string {
	var list []string
	for _, c := range candidates {
		list = append(list, c.Word)
	}
	return strings.Join(list, " ")
}

// Bash splits words at equals signs and colons, and replaces what is after them.
func TestWordsThatBashSplits(t *testing.T) {
	t.Parallel()
	root := model(t)
	for typed, expected := range map[string]string{
		"status --kind =":                                 "STANDARD EXPRESS",
		"status --kind = E":                               "EXPRESS",
		"status --local --job = ":                         "Daily Nightly",
		"status --local --job = D":                        "Daily",
		"status --local --job arn : aws : x ":             "monday tuesday",
		"status --local --job = arn : aws :: x m":         "monday",
		"status --local --job = Daily --state = running ": "tuesday",
		"status --local --error a : b --state ":           "running failed",
	} {
		if got := wordsOf(Complete(root, "bash", strings.Split(typed, " "), names{})); got != expected {
			t.Errorf("%q: got %q, expected %q", typed, got, expected)
		}
	}
}

func TestWhatAShellGets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, c := range []Candidate{{"status", "Show it"}, {Word: "monday"}, {"a\x1b[31m", "no name"}, {"b", "c\n\x1bd"}} {
		if err := c.print(&out); err != nil {
			t.Fatal(err)
		}
	}
	if expected := "status\tShow it\nmonday\nb\tc\\u000a\\u001bd\n"; out.String() != expected {
		t.Errorf("got %q, expected %q", out.String(), expected)
	}
	for help, expected := range map[string]string{"Show it. In full.": "Show it", "Which: a name.": "Which", "Only so, such as 1.5 or 2.": "Only so, such as 1.5 or 2"} {
		if got := summary(help); got != expected {
			t.Errorf("%q: got %q, expected %q", help, got, expected)
		}
	}
}

func TestEachShellHasAScript(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out bytes.Buffer
		if err := (&Command{Shell: shell}).Run(&terminal.Streams{Out: &out}); err != nil || !strings.Contains(out.String(), "__complete "+shell) {
			t.Errorf("%s: got %q and error %v, expected a script that calls the command", shell, out.String(), err)
		}
	}
}
