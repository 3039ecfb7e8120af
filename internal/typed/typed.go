// Package typed writes commands of mapjob as they can be typed where this process was
// started, also if mapjob is not in the PATH.
package typed

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"unicode"

	"golang.org/x/mod/modfile"
)

// Command returns a command of mapjob. Typed in a shell, it runs this version of
// mapjob:
//
//   - mapjob, if the PATH has it;
//   - go tool mapjob or go run PACKAGE, if the go command has built and started this
//     process;
//   - else the path of the executable, as it was typed.
func Command(args ...string) string {
	p := process{typed: os.Args[0], folder: "."}
	p.executable, _ = os.Executable()
	if info, ok := debug.ReadBuildInfo(); ok {
		p.pkg, p.module, p.version = info.Path, info.Main.Path, info.Main.Version
	}
	words := []string{p.command()}
	for _, arg := range args {
		words = append(words, Word(arg))
	}
	return strings.Join(words, " ")
}

// Word returns a word of a command, quoted for a shell if it has to be. Control characters are
// escaped as bash, zsh and ksh read them: a terminal that such a word is pasted into would
// take them for its own, and a line break for the end of the command.
func Word(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+=") == "" {
		return word
	}
	if strings.ContainsFunc(word, unicode.IsControl) {
		var escaped strings.Builder
		for _, r := range word {
			switch {
			case unicode.IsControl(r):
				for _, b := range []byte(string(r)) {
					fmt.Fprintf(&escaped, `\%03o`, b)
				}
			case r == '\'' || r == '\\':
				escaped.WriteString(`\` + string(r))
			default:
				escaped.WriteRune(r)
			}
		}
		return "$'" + escaped.String() + "'"
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// process is how a process was started.
type process struct {
	typed      string // the first word of the command
	executable string
	folder     string // in which it was started
	// The package of the executable, and the module that it is of.
	pkg, module, version string
}

// name is the name of the command.
const name = "mapjob"

// command returns the words that start the process again.
func (p *process) command() string {
	switch {
	case p.finds(name):
		return name
	case builtByGo(p.executable):
		return p.goCommand()
	case p.finds(p.typed):
		return Word(p.typed)
	default:
		return Word(cmp.Or(p.executable, name))
	}
}

// finds reports whether a shell finds the executable by a word.
func (p *process) finds(word string) bool {
	found, err := exec.LookPath(word)
	return err == nil && same(found, p.executable)
}

// goCommand returns the go command that builds and starts the process again.
func (p *process) goCommand() string {
	file := goMod(p.folder)
	switch {
	case file != nil && hasTool(file, p.pkg):
		return "go tool " + name
	case file != nil && hasModule(file, p.module), !strings.HasPrefix(p.version, "v"):
		return "go run " + p.pkg
	default:
		return "go run " + p.pkg + "@" + p.version
	}
}

func same(one, other string) bool {
	a, err := os.Stat(one)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && os.SameFile(a, b)
}

// goFolder matches the folder of an executable that go run or go tool has built: one
// that is removed when the process ends, or one of the build cache.
var goFolder = regexp.MustCompile(`[/\\]go-build\d+[/\\]b\d+[/\\]exe$|[/\\][0-9a-f]{64}-d$`)

// builtByGo reports whether the go command has built an executable to start it.
func builtByGo(executable string) bool { return goFolder.MatchString(filepath.Dir(executable)) }

// goMod returns the go.mod file of the module that a folder is in; nil if it is in
// none.
func goMod(folder string) *modfile.File {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil
	}
	for {
		path := filepath.Join(folder, "go.mod")
		if text, err := os.ReadFile(path); err == nil {
			file, err := modfile.Parse(path, text, nil)
			if err != nil {
				return nil
			}
			return file
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return nil
		}
		folder = parent
	}
}

func hasTool(file *modfile.File, pkg string) bool {
	for _, t := range file.Tool {
		if t.Path == pkg {
			return true
		}
	}
	return false
}

// hasModule reports whether a file is that of a module, or requires it.
func hasModule(file *modfile.File, path string) bool {
	if file.Module != nil && file.Module.Mod.Path == path {
		return true
	}
	for _, r := range file.Require {
		if r.Mod.Path == path {
			return true
		}
	}
	return false
}
