package workflow

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

func read(t *testing.T, name string) Workflow {
	t.Helper()
	w, err := Read(filepath.Join(root, ".github", "workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// What a workflow runs is a target of the Makefile, which people run too, or the script
// of CI, or it runs in a test below.
func TestCommandsOfWorkflowsExist(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("got the files %q and error %v, expected the workflows", files, err)
	}
	target := regexp.MustCompile(`^make( [\w-]+)( [A-Z]+=[\w.]+)*$`)
	for _, file := range files {
		w := read(t, filepath.Base(file))
		for name, job := range w.Jobs {
			for _, s := range job.Steps {
				var cmd *exec.Cmd
				switch {
				case s.Run == "":
					continue
				case s.Run == "bash .ci/run":
					cmd = exec.Command("bash", "-n", ".ci/run")
				case target.MatchString(s.Run):
					cmd = exec.Command("make", append([]string{"--dry-run"}, strings.Fields(s.Run)[1:]...)...)
				case filepath.Base(file) == "release.yml" && name == "publish":
					continue // has no checkout: TestARelease runs it
				default:
					t.Errorf("%s: job %s: got run: %s, expected make and a target", filepath.Base(file), name, s.Run)
					continue
				}
				cmd.Dir = root
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: job %s: %s: %v\n%s", filepath.Base(file), name, s.Run, err, out)
				}
			}
		}
	}
}

func TestARunner(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := Runner{Folder: folder, Env: []string{"NAME=a b"}, Expressions: map[string]string{"github.token": "secret"},
		Actions: map[string]func(Step) error{"a/b": func(s Step) error { return os.WriteFile(filepath.Join(folder, "made"), nil, 0o600) }}}
	job := func(steps ...Step) Job { return Job{Steps: steps} }
	for name, c := range map[string]struct {
		job      Job
		expected string // printed, or in the error
		fails    bool
	}{
		"one after another": {job(Step{Uses: "a/b@v1"}, Step{Run: "ls ..", WorkingDirectory: "in"}, Step{Run: `echo "$NAME"`}), "in\nmade\na b\n", false},
		"an expression":     {job(Step{Run: "echo $TOKEN ${{ github.token }}", Env: map[string]string{"TOKEN": "${{github.token}}!"}}), "secret! secret\n", false},
		"a failure":         {job(Step{Run: "false\necho no"}), "run false\necho no: exit status 1", true},
		"a failure before":  {job(Step{Run: "exit 3"}, Step{Run: "echo no"}), "exit status 3", true},
		"other expressions": {job(Step{Run: "echo ${{ github.tokn }}"}), `"github.tokn"`, true},
		"other actions":     {job(Step{Uses: "c/d@v1"}), "c/d@v1: got no stand-in", true},
		"no such folder":    {job(Step{Run: "true", WorkingDirectory: "out"}), "out", true},
	} {
		out, err := r.Run(t.Context(), c.job)
		if c.fails && (err == nil || !strings.Contains(err.Error(), c.expected)) || !c.fails && (err != nil || out != c.expected) {
			t.Errorf("%s: got %q and error %v, expected %q", name, out, err, c.expected)
		}
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "w.yml")
	for text, expected := range map[string]string{
		"name: a\njobs:\n  b:\n    steps:\n      - run: make c\n":                        "",
		"name: a\njobs:\n  b:\n    steps:\n      - run: make c\n        shell: python\n": "shell",
		"name: a\ndefaults: {}\n": "defaults",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); (err == nil) != (expected == "") || err != nil && !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got error %v, expected %q", text, err, expected)
		}
	}
}
