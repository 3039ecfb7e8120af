package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mapjob/mapjob/test/docs/shape"
	"github.com/mapjob/mapjob/test/docs/story"
)

// named returns the commands of a program that blocks and texts of pages have, each with
// a place.
func named(t *testing.T, program string) map[string]string {
	t.Helper()
	found := map[string]string{}
	add := func(at, text string) {
		text, _, _ = strings.Cut(text, " #")
		if s, ok := shape.Of(text); ok && s.Words[0] == program && len(s.Words) > 1 {
			found[strings.TrimPrefix(strings.TrimSpace(text), "npx ")] = at
		}
	}
	for _, p := range pages(t) {
		if p.Path == "CHANGELOG.md" {
			continue // it names what was
		}
		for _, span := range p.Spans {
			add(p.At(span.Line), span.Text)
		}
		for _, b := range blocks(p) {
			if b.Language == "sh" || b.Language == "console" {
				for _, c := range story.Commands(b.Step) {
					add(p.At(b.Line+c.Line), c.Text)
				}
			}
		}
	}
	return found
}

// helpOfCDK returns what cdk COMMAND --help prints.
func helpOfCDK(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(root, "node_modules", ".bin", "cdk"), command, "--help")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "AWS_EC2_METADATA_DISABLED=true")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("cdk %s --help: %v\n%s", command, err, said)
	}
	return string(said)
}

// The CDK's command line has the commands and the flags of the CDK that pages name.
func TestTheCDKHasTheCommandsOfPages(t *testing.T) {
	commands := named(t, "cdk")
	flags := map[string][]string{} // by the command's name
	at := map[string]string{}
	for text, place := range commands {
		s, _ := shape.Of(text)
		flags[s.Words[1]] = append(flags[s.Words[1]], s.Flags...)
		at[s.Words[1]] = place
	}
	var wait sync.WaitGroup
	for name, wanted := range flags {
		wait.Go(func() {
			help := helpOfCDK(t, name)
			if !strings.HasPrefix(help, "cdk "+name+" ") && !strings.HasPrefix(help, "cdk "+name+"\n") {
				t.Errorf("%s: the CDK has no command %s", at[name], name)
			}
			for _, flag := range wanted {
				if !regexp.MustCompile(`(?m)^ +(--?[A-Za-z-]+, +)*` + regexp.QuoteMeta(flag) + `[ ,\n]`).MatchString(help) {
					t.Errorf("%s: cdk %s has no flag %s", at[name], name, flag)
				}
			}
		})
	}
	wait.Wait()
	for _, name := range []string{"bootstrap", "deploy", "diff", "destroy"} {
		if _, ok := flags[name]; !ok {
			t.Errorf("got no cdk %s in pages", name)
		}
	}
	if help := helpOfCDK(t, "nonsense"); strings.HasPrefix(help, "cdk nonsense") {
		t.Errorf("got help about a command that the CDK does not have:\n%s", help)
	}
}

// The AWS CLI understands the commands that texts of pages name and no page runs. It
// reads a whole command before it calls AWS, here at an address where nobody answers.
func TestTheAWSCLIUnderstandsCommandsOfTexts(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("found no AWS CLI: .ci/run installs it")
	}
	understood := func(command string) (bool, string) {
		cmd := exec.Command("bash", "-c", command+" --endpoint-url http://127.0.0.1:1")
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
			"AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true")
		said, _ := cmd.CombinedOutput() // it fails in any case
		return strings.Contains(string(said), "Could not connect to the endpoint URL"), string(said)
	}
	ran := map[string]bool{}
	for _, p := range pages(t) {
		for _, b := range blocks(p) {
			for _, c := range story.Commands(b.Step) {
				ran[strings.TrimSpace(c.Text)] = true
			}
		}
	}
	count := 0
	for command, at := range named(t, "aws") {
		if ran[command] {
			continue
		}
		count++
		if ok, said := understood(command); !ok {
			t.Errorf("%s: %s: the AWS CLI does not understand it:\n%s", at, command, said)
		}
	}
	if count == 0 {
		t.Error("got no command of the AWS CLI in texts of pages")
	}
	for _, wrong := range []string{"aws lambda delete-function --no-such NAME", "aws s3 rn s3://B/"} {
		if ok, said := understood(wrong); ok {
			t.Errorf("%s: got\n%s\nexpected that the AWS CLI refuses it", wrong, said)
		}
	}
}

// Packages that pages install have the versions that this project uses.
func TestPagesInstallPackagesOfThisProject(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`"(aws-cdk|dynalite)": *"([0-9.]+)"`).FindAllStringSubmatch(string(text), -1)
	install := regexp.MustCompile(`\b(aws-cdk|dynalite)@([0-9][0-9.]*)`)
	var found []string
	for command, at := range named(t, "npm") {
		for _, m := range install.FindAllStringSubmatch(command, -1) {
			found = append(found, m[1])
			if !slices.ContainsFunc(pinned, func(p []string) bool { return p[1] == m[1] && (p[2] == m[2] || strings.HasPrefix(p[2], m[2]+".")) }) {
				t.Errorf("%s: got %s, expected the version of package.json: %q", at, m[0], pinned)
			}
		}
	}
	if !slices.Contains(found, "aws-cdk") || !slices.Contains(found, "dynalite") {
		t.Errorf("got the packages %q, expected aws-cdk and dynalite", found)
	}
}
