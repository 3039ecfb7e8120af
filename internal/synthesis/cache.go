package synthesis

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/diskcache"
	"github.com/mapjob/mapjob/internal/inputs"
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
const format = 2

// most is how many assemblies are kept.
const most = 10

const (
	assemblyFolder = "cdk.out"
	inputsFile     = "inputs.json"
)

func (c Cache) disk() diskcache.Cache { return diskcache.Cache{Folder: c.Folder, Most: most} }

// Use copies the assembly of an app to a folder, if none of its inputs have changed
// since it was made. It reports whether there is one.
func (c Cache) Use(app *App, folder string) bool {
	settings := inputs.GoSettings(".")
	if _, _, err := goProgram(app.command, settings); err != nil {
		return false
	}
	key := app.key(settings)
	for _, entry := range c.disk().Entries() {
		if !strings.HasPrefix(filepath.Base(entry), key) {
			continue
		}
		read, ok := unchanged(entry)
		if ok && c.disk().Copy(entry, assemblyFolder, folder) {
			app.inputs = read
			return true
		}
	}
	return false
}

// unchanged returns the inputs of an entry, and whether they are what they were.
func unchanged(entry string) ([]inputs.Input, bool) {
	text, err := os.ReadFile(filepath.Join(entry, inputsFile))
	var read []inputs.Input
	if err != nil || json.Unmarshal(text, &read) != nil {
		return nil, false
	}
	changed := slices.ContainsFunc(read, func(in inputs.Input) bool {
		is, err := in.Now()
		return err != nil || is != in.State
	})
	return read, !changed
}

// Make synthesizes an app into a folder, and keeps the assembly. NotKept says why it
// can't be kept, so that the app has to be synthesized again next time.
func (c Cache) Make(ctx context.Context, app *App, folder string) (notKept, err error) {
	app.inputs = nil
	settings := inputs.GoSettings(".")
	flags, packages, notKept := goProgram(app.command, settings)
	if notKept != nil {
		return notKept, app.run(ctx, folder)
	}
	key, began := app.key(settings), time.Now()
	read, notKept, err := app.observe(ctx, folder, settings)
	sources, unlisted := inputs.GoSources(".", settings, append([]string{"-tags=" + reads.Tag}, flags...), packages)
	if err != nil {
		app.inputs = sources
		return nil, err
	}
	if notKept = cmp.Or(notKept, unlisted); notKept != nil {
		return notKept, nil
	}
	app.inputs = sorted(append(read, sources...))
	if notKept := describe(app.inputs, began); notKept != nil {
		return notKept, nil
	}
	return c.keep(key, folder, app.inputs), nil
}

// sorted sorts inputs, and removes those that are there twice.
func sorted(read []inputs.Input) []inputs.Input {
	slices.SortFunc(read, func(a, b inputs.Input) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Access, b.Access))
	})
	return slices.Compact(read)
}

// describe notes what inputs are. It returns an error if one may have changed after
// the app began to read.
func describe(read []inputs.Input, began time.Time) error {
	for i, in := range read {
		if in.ChangedSince(began) {
			return &ChangedError{in.Path}
		}
		is, err := in.Now()
		if err != nil {
			return err
		}
		read[i].State = is
	}
	return nil
}

// ChangedError says that an app can't be observed because something that it reads
// was changed while it ran.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string { return e.Path + " changed meanwhile" }

// keep makes an entry of an assembly. It replaces one with the same inputs.
func (c Cache) keep(key, assembly string, read []inputs.Input) (err error) {
	entry, err := c.disk().New()
	if err != nil {
		return fmt.Errorf("its assembly can't be kept: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("its assembly can't be kept: %w", err)
		}
		_ = os.RemoveAll(entry) // it was renamed if it is kept
	}()
	if err := diskcache.CopyFolder(filepath.Join(entry, assemblyFolder), assembly); err != nil {
		return err
	}
	text, err := json.Marshal(read)
	if err == nil {
		err = os.WriteFile(filepath.Join(entry, inputsFile), text, 0o600)
	}
	if err != nil {
		return err
	}
	return c.disk().Keep(entry, fmt.Sprintf("%s-%x", key, sum(read)))
}

// key returns what an assembly depends on beside files: the command and the context
// of the app, its folder, the environment, and the versions of Go and Node.js.
func (a *App) key(settings map[string]string) string {
	folder, _ := os.Getwd()
	return hex.EncodeToString(sum([]any{format, a.command, string(a.context), folder, environment(), settings, program(a.node)}))
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
	is, _ := inputs.Input{Access: reads.Looked, Path: path}.Now()
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
