package synthesis

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/reads"
)

// Cache keeps assemblies, each with its inputs: what the app read, and what that
// was. Its entries are only ever made and removed as a whole, so that several
// processes can use it at once.
type Cache struct {
	// Folder is where the assemblies are.
	Folder string
}

// format is that of the entries. Another one has other keys.
const format = 1

// most is how many assemblies are kept.
const most = 10

const (
	assemblyFolder = "cdk.out"
	inputsFile     = "inputs.json"
	unfinished     = "unfinished-" // what the names of entries begin with that are being made or removed
)

// Use copies the assembly of an app to a folder, if none of its inputs have changed
// since it was made. It reports whether there is one.
func (c Cache) Use(app *App, folder string) bool {
	settings := goSettings()
	if _, _, err := goProgram(app.command, settings); err != nil {
		return false
	}
	for _, entry := range c.entries() {
		if strings.HasPrefix(filepath.Base(entry), app.key(settings)) && unchanged(entry) && copyTo(folder, filepath.Join(entry, assemblyFolder)) {
			now := time.Now()
			_ = os.Chtimes(entry, now, now) // it is removed later than others
			return true
		}
	}
	return false
}

// copyTo copies a folder, and reports whether it could.
func copyTo(to, from string) bool {
	if os.CopyFS(to, os.DirFS(from)) == nil {
		return true
	}
	_ = os.RemoveAll(to) // another process removed the entry meanwhile
	return false
}

// unchanged reports whether the inputs of an entry are what they were.
func unchanged(entry string) bool {
	text, err := os.ReadFile(filepath.Join(entry, inputsFile))
	var inputs []input
	if err != nil || json.Unmarshal(text, &inputs) != nil {
		return false
	}
	return !slices.ContainsFunc(inputs, func(in input) bool {
		is, err := in.now()
		return err != nil || is != in.Is
	})
}

// Make synthesizes an app into a folder, and keeps the assembly. If it can't be
// kept, because it is not known what the app reads, again says why the app has to be
// synthesized again next time.
func (c Cache) Make(ctx context.Context, app *App, folder string) (again, err error) {
	settings := goSettings()
	flags, packages, again := goProgram(app.command, settings)
	if again != nil {
		return again, app.run(ctx, folder)
	}
	// It is made beside the cache's entries, so that it can be renamed to one.
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, err
	}
	entry, err := os.MkdirTemp(c.Folder, unfinished)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(entry)
	if entry, err = filepath.Abs(entry); err != nil {
		return nil, err
	}
	tools := filepath.Join(entry, "tools")
	if err := os.Mkdir(tools, 0o700); err != nil {
		return nil, err
	}
	log := filepath.Join(tools, "reads.jsonl")
	environment, err := observed(tools, log, settings)
	if err != nil {
		return nil, err
	}
	key := app.key(settings)
	began := time.Now()
	err = app.run(ctx, folder, environment...)
	if failed := (*failure)(nil); errors.As(err, &failed) && strings.Contains(failed.said, "internal/testlog") {
		return errors.New("this release of Go does not let its reads be recorded"), app.run(ctx, folder)
	}
	if err != nil {
		return nil, err
	}
	inputs, again := readLog(log, folder)
	if again != nil {
		return again, nil
	}
	sources, again := goSources(flags, packages, settings)
	if again != nil {
		return again, nil
	}
	inputs = sorted(append(inputs, sources...))
	if again := describe(inputs, began); again != nil {
		return again, nil
	}
	return c.keep(entry, key, folder, inputs), nil
}

// sorted sorts inputs, and removes those that are there twice.
func sorted(inputs []input) []input {
	slices.SortFunc(inputs, func(a, b input) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Do, b.Do)) })
	return slices.Compact(inputs)
}

// describe notes what inputs are. It returns an error if one may have changed after
// the app began to read.
func describe(inputs []input, began time.Time) error {
	for i, in := range inputs {
		if in.changedSince(began) {
			return fmt.Errorf("%s changed meanwhile", in.Path)
		}
		is, err := in.now()
		if err != nil {
			return err
		}
		inputs[i].Is = is
	}
	return nil
}

// keep makes an entry from the folder that becomes one. It replaces an entry with
// the same inputs.
func (c Cache) keep(entry, key, assembly string, inputs []input) error {
	if err := os.CopyFS(filepath.Join(entry, assemblyFolder), os.DirFS(assembly)); err != nil {
		return err
	}
	text, err := json.Marshal(inputs)
	if err == nil {
		err = os.WriteFile(filepath.Join(entry, inputsFile), text, 0o600)
	}
	if err != nil {
		return err
	}
	_ = os.RemoveAll(filepath.Join(entry, "tools"))
	name := filepath.Join(c.Folder, fmt.Sprintf("%s-%x", key, sum(inputs)))
	c.remove(name)
	if err := os.Rename(entry, name); err != nil && !exists(name) { // another process was as fast
		return err
	}
	c.prune()
	return nil
}

// prune removes the entries that were not used for longest, and what processes
// that were killed have left behind.
func (c Cache) prune() {
	for i, entry := range c.entries() {
		if i >= most {
			c.remove(entry)
		}
	}
	left, _ := filepath.Glob(filepath.Join(c.Folder, unfinished+"*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// entries lists the entries, the last used first.
func (c Cache) entries() []string {
	found, _ := os.ReadDir(c.Folder)
	used := map[string]time.Time{}
	var entries []string
	for _, e := range found {
		path := filepath.Join(c.Folder, e.Name())
		if info, err := e.Info(); err == nil && !strings.HasPrefix(e.Name(), unfinished) {
			used[path] = info.ModTime()
			entries = append(entries, path)
		}
	}
	slices.SortFunc(entries, func(a, b string) int { return used[b].Compare(used[a]) })
	return entries
}

// remove removes an entry, so that no other process sees half of it.
func (c Cache) remove(entry string) {
	gone, err := os.MkdirTemp(c.Folder, unfinished)
	if err != nil {
		return
	}
	_ = os.Rename(entry, filepath.Join(gone, "entry")) // it may be gone already
	_ = os.RemoveAll(gone)
}

// key returns what an assembly depends on beside files: the command and the context
// of the app, its folder, the environment, and the versions of Go and Node.js.
func (a *App) key(settings map[string]string) string {
	folder, _ := os.Getwd()
	return fmt.Sprintf("%x", sum([]any{format, a.command, string(a.context), folder, environment(), settings, program(a.node)}))
}

// environment returns the variables that an app gets, without those that a shell
// changes with every command.
func environment() []string {
	variables := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"_", "OLDPWD", "SHLVL"}, name)
	})
	slices.Sort(variables)
	return variables
}

// program returns what tells one version of a program from another.
func program(path string) string {
	is, _ := input{Do: reads.Looked, Path: path}.now()
	return path + " " + is
}

// sum returns a sum of a value.
func sum(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings can be written
	}
	sum := sha256.Sum256(text)
	return sum[:12]
}
