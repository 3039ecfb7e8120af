package typed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

const (
	mapjobPackage = "github.com/mapjob/mapjob/cmd/mapjob"
	mapjobModule  = "github.com/mapjob/mapjob"
)

func TestACommandRunsTheSameExecutable(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) string {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil { // #nosec G306 -- an executable
			t.Fatal(err)
		}
		return path
	}
	cached := write("cache/ab/"+strings.Repeat("ab", 32)+"-d/mapjob", "")
	fresh := write("go-build12345/b001/exe/mapjob", "")
	installed := write("bin/mapjob", "")
	write("other/mapjob", "another one")
	named, spaced := write("opt/mj", ""), write("my programs/mapjob", "")
	write("tool/go.mod", "module example.com/app\ntool "+mapjobPackage+"\nrequire "+mapjobModule+" v1.1.0\n")
	write("tool/deep/er/file", "")
	write("user/go.mod", "module example.com/app\nrequire "+mapjobModule+" v1.1.0\n")
	write("itself/go.mod", "module "+mapjobModule+"\n")
	write("another/go.mod", "module example.com/other\n")
	write("broken/go.mod", "modul?\n")
	for name, c := range map[string]struct {
		path, executable, typed, folder, version string
		expected                                 string
	}{
		"in the PATH":                         {"bin", installed, "mapjob", ".", "v1.2.0", "mapjob"},
		"in the PATH, with its path":          {"bin", installed, installed, ".", "v1.2.0", "mapjob"},
		"another is in the PATH":              {"other", installed, installed, ".", "v1.2.0", installed},
		"under another name in the PATH":      {"opt", named, "mj", ".", "v1.2.0", "mj"},
		"no PATH":                             {"none", installed, "mapjob", ".", "v1.2.0", installed},
		"a path with a space":                 {"none", spaced, spaced, ".", "v1.2.0", "'" + spaced + "'"},
		"go tool":                             {"none", cached, cached, "tool", "v1.1.0", "go tool mapjob"},
		"go tool, deep in the module":         {"none", cached, cached, "tool/deep/er", "v1.1.0", "go tool mapjob"},
		"go tool, and another is in the PATH": {"other", cached, cached, "tool", "v1.1.0", "go tool mapjob"},
		"go run, and the module has the tool": {"none", fresh, fresh, "tool", "(devel)", "go tool mapjob"},
		"go run, required":                    {"none", fresh, fresh, "user", "v1.1.0", "go run " + mapjobPackage},
		"go run in its own module":            {"none", cached, cached, "itself", "(devel)", "go run " + mapjobPackage},
		"go run with a version":               {"none", fresh, fresh, "another", "v1.3.0", "go run " + mapjobPackage + "@v1.3.0"},
		"go run with a version, no module":    {"none", cached, cached, "bin", "v1.3.0", "go run " + mapjobPackage + "@v1.3.0"},
		"a go.mod that can't be read":         {"none", cached, cached, "broken", "v1.3.0", "go run " + mapjobPackage + "@v1.3.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", filepath.Join(root, c.path))
			p := &process{typed: c.typed, executable: c.executable, folder: filepath.Join(root, c.folder), pkg: mapjobPackage, module: mapjobModule, version: c.version}
			if got := p.command(); got != c.expected {
				t.Errorf("got %s, expected %s", got, c.expected)
			}
		})
	}
}

func TestWordsAreQuoted(t *testing.T) {
	for word, expected := range map[string]string{
		"rerun-20261128": "rerun-20261128", "arn:aws:states:eu-west-1:1:execution:A:b": "arn:aws:states:eu-west-1:1:execution:A:b",
		"": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "*": "'*'",
	} {
		if got := Word(word); got != expected {
			t.Errorf("got %s for %q, expected %s", got, word, expected)
		}
	}
	if got := Command("rerun", "--error", "a b"); !strings.HasSuffix(got, " rerun --error 'a b'") {
		t.Errorf("got %s", got)
	}
}

func TestAShellReadsAWordAsItWas(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("found no bash")
	}
	for _, word := range []string{"", "plain", "a b", "it's", `back\slash`, "$(id) `id` !x", "two\nlines", "it's\x1b[201~\\\r", "\u009b31m é"} {
		typed := Word(word)
		if strings.ContainsFunc(typed, unicode.IsControl) {
			t.Errorf("%q: got control characters in %q, expected none", word, typed)
		}
		if got, err := exec.Command(shell, "-c", "printf %s "+typed).Output(); err != nil || string(got) != word { // #nosec G204 -- what is tested
			t.Errorf("%q: got %q of a shell, expected the word: %s, %v", word, got, typed, err)
		}
	}
}
