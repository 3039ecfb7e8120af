package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/docs/shape"
)

// other is a test that runs commands which need AWS, or take too long for a page.
type other struct {
	commands string // regular expression
	files    string // of the test, as a pattern; a command of the same shape is in one of them
	text     string // in place of a shape: what one of the files contains
}

func (o other) name() string { return o.commands + " in " + o.files }

// elsewhere has the tests that run commands of pages. The first that fits counts.
var elsewhere = []other{
	{commands: `^(npx )?cdk bootstrap\b`, files: "test/deploy/*.go", text: `c.cdk(ctx, a, "bootstrap"`},
	{commands: `^(npx )?cdk deploy\b`, files: "test/deploy/*.go", text: `"deploy", "--require-approval", "never"`},
	{commands: `^(npx )?cdk diff\b`, files: "test/deploy/*.go", text: `"diff", "--fail"`},
	{commands: `^(npx )?cdk destroy\b`, files: "test/deploy/*.go", text: `c.cdk(ctx, a, "destroy"`},
	{commands: `^make setup$`, files: "Makefile", text: "\ntest-setup: setup "},
	{commands: `^make (test|lint|moto|mutants|quality|audit|links|deploy-check)$`, files: ".ci/run"},
}

// unrun are commands that no test runs.
type unrun struct{ commands, reason string }

// notRun has what can't be run here, each with the reason.
var notRun = []unrun{
	{`^MAPJOB_AWS_ACCOUNT=123456789012 make deploy-check$`, "needs an account of AWS; test/deploy tests its parts"},
	{`^make bench$`, "takes half an hour, and compares with peers; the tests of test/bench run its parts"},
	{`^make (changelog|release) `, "releases a version; the tests of test/release run its parts"},
	{`^(git commit|gh attestation|GOTOOLCHAIN=\S+ CGO_ENABLED=0 GOOS=linux) `, "is about a release that is published"},
	{`^go test \. -sfntest.seeds 10000$`, "takes minutes; the next line runs one of the seeds"},
}

// find reports whether another test runs a command.
func (u *usage) find(t *testing.T, at, command, tested string, sandboxed, account bool) (bool, error) {
	t.Helper()
	u.Lock()
	defer u.Unlock()
	plain := strings.TrimSpace(command)
	if begin, _, found := strings.Cut(plain, " #"); found {
		plain = strings.TrimSpace(begin)
	}
	if tested != "" {
		u.elsewhere++
		t.Logf("%s: run by %s: %s", at, tested, plain)
		return true, readIn(tested, at)
	}
	for _, entry := range elsewhere {
		if regexp.MustCompile(entry.commands).MatchString(plain) {
			u.elsewhere++
			u.entries[entry.name()] = true
			t.Logf("%s: run by %s: %s", at, entry.files, plain)
			return true, contained(at, entry, plain)
		}
	}
	for _, entry := range notRun {
		if regexp.MustCompile(entry.commands).MatchString(plain) {
			u.unrun++
			u.entries[entry.commands] = true
			t.Logf("%s: not run, %s: %s", at, entry.reason, plain)
			return true, nil
		}
	}
	if mayReachAWS(plain, account) {
		return true, fmt.Errorf("%s: got the command %s, which may reach AWS, expected <!-- account: mapjob serve --> before it, or a test that runs it", at, plain)
	}
	if !sandboxed {
		return true, fmt.Errorf("%s: got the command %s, expected a sandbox in which it runs, or a test that runs it", at, plain)
	}
	return false, nil
}

// readIn returns an error if no test in a folder reads the commands of the page.
func readIn(folder, at string) error {
	path, _, _ := strings.Cut(at, ":")
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		return err
	}
	call := fmt.Sprintf("story.TestedIn(%q, \"../..\", %q)", folder, path)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), call) {
			return nil
		}
	}
	return fmt.Errorf("%s: got no %s in %d tests of %s", at, call, len(files), folder)
}

var (
	ofCDK    = regexp.MustCompile(`^(npx )?cdk (bootstrap|deploy|destroy|diff|import|rollback|watch|gc)\b`)
	ofAWS    = regexp.MustCompile(`^aws |^(go tool )?mapjob (list|status|failures|history|rerun|stop|redrive|report|logs|console|graph)\b.*( --(stack|job|region|profile)\b|arn:)`)
	onlyHere = regexp.MustCompile(` --local\b|\$AWS_ENDPOINT_URL`)
)

// mayReachAWS reports whether a command calls AWS, unless there is an account on this
// machine, which the CDK does not know.
func mayReachAWS(command string, account bool) bool {
	return ofCDK.MatchString(command) || ofAWS.MatchString(command) && !onlyHere.MatchString(command) && !account
}

func TestCommandsThatMayReachAWS(t *testing.T) {
	for command, expected := range map[string][2]bool{ // without and with an account
		"aws s3 ls": {true, false},
		"aws --endpoint-url $AWS_ENDPOINT_URL s3 ls": {false, false},
		"npx cdk deploy":                    {true, true},
		"cdk synth":                         {false, false},
		"mapjob list --stack Water":         {true, false},
		"go tool mapjob list --job Nightly": {true, false},
		"mapjob list --local":               {false, false},
		"mapjob list --local --stack Water": {false, false},
		"mapjob run --stack Water":          {false, false},
		"mapjob status arn:aws:states:x":    {true, false},
	} {
		if got := [2]bool{mayReachAWS(command, false), mayReachAWS(command, true)}; got != expected {
			t.Errorf("%s: got %t, expected %t", command, got, expected)
		}
	}
}

// contained returns an error if no file of a test has a command of this shape.
func contained(at string, entry other, command string) error {
	wanted, ok := shape.Of(command)
	if !ok {
		return nil
	}
	count := 0
	for pattern := range strings.FieldsSeq(entry.files) {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s: got no file %s, expected a test", at, pattern)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			count++
			if entry.text != "" && strings.Contains(string(text), entry.text) {
				return nil
			}
			for _, line := range commandsOf(file, string(text)) {
				if found, ok := shape.Of(line); entry.text == "" && ok && found.Covers(wanted) {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("%s: %s: got no command of the shape %q in %d files of %s", at, command, wanted, count, entry.files)
}

var quoted = regexp.MustCompile(`"[^"\n]*"(?:, ?"[^"\n]*")*`)

// commandsOf returns the commands of a test: the lines of a script, or the arguments of
// calls in Go.
func commandsOf(file, text string) []string {
	if filepath.Ext(file) != ".go" {
		return strings.Split(text, "\n")
	}
	var list []string
	for _, found := range quoted.FindAllString(text, -1) {
		var words []string
		for _, word := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(found, -1) {
			words = append(words, word[1])
		}
		list = append(list, strings.Join(words, " "))
	}
	return list
}

func TestCommandsOfTestsAreFound(t *testing.T) {
	for _, c := range []struct {
		command string
		entry   other
		found   bool
	}{
		{"mapjob init --nothing", other{files: "test/consumer/*_test.go"}, false},
		{"mapjob rerun --job X --dry-run", other{files: "test/moto/testdata/*.txtar"}, true},
		{"mapjob rerun --job X --nothing", other{files: "test/moto/testdata/*.txtar"}, false},
		{"make test", other{files: ".ci/run"}, true},
		{"make nothing", other{files: ".ci/run"}, false},
		{"mapjob run", other{files: "test/none/*.txtar"}, false},
	} {
		if err := contained("page", c.entry, c.command); (err == nil) != c.found {
			t.Errorf("got %v for %s, expected that it is found: %t", err, c.command, c.found)
		}
	}
}
