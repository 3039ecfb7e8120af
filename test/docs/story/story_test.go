package story_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/test/docs/page"
	"github.com/mapjob/mapjob/test/docs/story"
)

// run runs a page and returns what does not hold, as text.
func run(t *testing.T, text string) (problems, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "story")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &story.Story{Folder: folder, Sandbox: func(content string) (string, error) {
		another := filepath.Join(filepath.Dir(folder), content, "app")
		return another, os.MkdirAll(another, 0o755)
	}, Elsewhere: func(_, command string) (bool, error) { return strings.HasPrefix(command, "elsewhere"), nil },
		Account: func(printed string) (string, func(), error) { return "export STANDIN=here\n", func() {}, nil }}
	var list []string
	for _, problem := range s.Run(t.Context(), page.Parse("p.md", []byte(strings.ReplaceAll(text, "'''", "```")))) {
		list = append(list, problem.Error())
	}
	return strings.Join(list, "\n"), folder
}

func TestRun(t *testing.T) {
	for name, c := range map[string]struct{ text, problem string }{
		"state goes on":         {"'''sh\nmkdir a && cd a   # a folder\nexport B='x y'\n'''\n\n'''console\n$ echo \"$B\" $(basename $PWD)\nx y a\n'''\n", ""},
		"another output":        {"'''console\n$ echo a\nb\n'''\n", "p.md:2: echo a printed\na\n\nexpected\nb"},
		"output is left out":    {"'''console\n$ seq 5\n1\n…\n5\n$ echo x\nx\n'''\n", ""},
		"stderr is output":      {"'''console\n$ echo a >&2\na\n'''\n", ""},
		"an excerpt":            {"'''sh\nseq 5\n'''\n\n'''text\n2\n3\n'''\n", ""},
		"another excerpt":       {"'''sh\nseq 5\n'''\n\n'''text\n3\n2\n'''\n", "p.md:6: the last command did not print these lines"},
		"a command fails":       {"'''sh\nfalse\necho > later\n'''\n", "p.md:2: false: got exit code 1, expected 0"},
		"a pipe fails":          {"'''sh\nfalse | cat\n'''\n", "got exit code 1"},
		"an expected failure":   {"<!-- exit: 3 -->\n'''sh\n(exit 3)\ntrue\n'''\n", ""},
		"two exit codes":        {"<!-- exit: 3 0 4 -->\n'''sh\n(exit 3)\ntrue\n(exit 4)\ntrue\n'''\n", ""},
		"no expected failure":   {"<!-- exit: 3 -->\n'''sh\ntrue\n'''\n", "got exit code 0, expected 3"},
		"a file":                {"<!-- file: d/x.json -->\n'''json\n{}\n'''\n\n'''console\n$ cat d/x.json\n{}\n'''\n", ""},
		"what is not shown":     {"<!-- run:\necho 1 > f\necho 2 >> f\n-->\n\n'''console\n$ cat f\n1\n2\n'''\n", ""},
		"a word":                {"<!-- let: ARN=$(echo 'a:b') -->\n\n'''console\n$ echo ARN CARN\na:b CARN\n'''\n", ""},
		"lines that go on":      {"'''console\n$ echo a \\\n>   b\na b\n'''\n", ""},
		"elsewhere":             {"'''console\n$ elsewhere\nx\n'''\n\n'''text\ny\n'''\n", ""},
		"in the background":     {"<!-- background: ^ready -->\n'''sh\necho 'export P=7'; echo ready; sleep 600\n'''\n\n'''console\n$ echo $P\n7\n'''\n", ""},
		"two in the background": {"<!-- background: ^ready -->\n'''sh\necho 'export P=7'; echo ready; sleep 600\necho 'export Q=8'; echo ready; sleep 600\n'''\n\n'''console\n$ echo $P $Q\n7 8\n'''\n", ""},
		"an account":            {"<!-- account: echo 'export P2=7'; echo '# J: arn:aws:states:x'; sleep 600 -->\n\n'''console\n$ echo $P2 $STANDIN\n7 here\n'''\n\n<!-- account: echo '# J: arn:aws:states:x'; sleep 600 -->\n\n'''console\n$ echo ${P2-none} $STANDIN\nnone here\n'''\n\n<!-- sandbox: other -->\n'''console\n$ echo ${STANDIN-none}\nnone\n'''\n", ""},
		"no account":            {"<!-- account: false -->\n", "false: did not print"},
		"never ready":           {"<!-- background: ( -->\n'''sh\nsleep 600\n'''\n", "missing closing )"},
		"another sandbox":       {"'''sh\ntouch x; export A=1; mkdir y; cd y\n'''\n\n<!-- sandbox: other -->\n'''console\n$ ls; echo $A\n\n$ basename $(dirname $PWD)\nother\n'''\n", ""},
		"the same sandbox":      {"'''sh\ntouch x\n'''\n\n<!-- sandbox: other after p.md -->\n'''console\n$ ls\nx\n'''\n", ""},
		"a wrong instruction":   {"<!-- exit: many -->\n", "p.md:1: strconv.Atoi"},
		"a value that is none":  {"<!-- let: A=b -->\n", "expected let: NAME=$(COMMAND)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			got, _ := run(t, c.text)
			if (c.problem == "") != (got == "") || !strings.Contains(got, c.problem) {
				t.Errorf("got %q, expected %q", got, c.problem)
			}
			if time.Since(begun) > time.Minute {
				t.Errorf("took %s: a command was waited for", time.Since(begun))
			}
		})
	}
}

// What follows a command that failed is not run: it would fail for another reason.
func TestNothingRunsAfterAFailure(t *testing.T) {
	_, folder := run(t, "'''sh\nfalse\n'''\n\n'''sh\ntouch later\n'''\n")
	if _, err := os.Stat(filepath.Join(folder, "later")); err == nil {
		t.Error("got a file of a command after one that failed")
	}
}
