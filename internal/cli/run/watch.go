package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/gobuild"
	"github.com/mapjob/mapjob/internal/inputs"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/reads"
	"github.com/mapjob/mapjob/internal/synthesis"
	"github.com/mapjob/mapjob/internal/template"
)

// watcher runs again after every edit.
type watcher struct {
	command *Command
	streams *terminal.Streams
	edits   inputs.Edits
	app     []inputs.Input  // of the app
	written map[string]bool // what the app writes itself
	changed string          // what was changed during the last synthesis
	before  *outcomes       // of the run before; nil if there is none
}

// errEdited ends a run whose sources were edited.
var errEdited = errors.New("edited")

// watch runs again after every edit until Ctrl-C.
func (w *watcher) watch(ctx context.Context) error {
	w.edits.Ignore(os.Stdout)
	w.edits.Ignore(os.Stderr)
	w.edits.Add(w.given())
	for {
		edited, err := w.once(ctx)
		if ctx.Err() != nil {
			return err
		}
		if len(edited) == 0 {
			w.say("\nwaiting for an edit; Ctrl-C ends")
			edited = w.edits.Next(ctx)
		}
		if ctx.Err() != nil {
			if err != nil {
				err = terminal.Printed{Err: err}
			}
			return err
		}
		w.say("\n%s was edited", shown(edited))
	}
}

func (w *watcher) say(format string, args ...any) {
	fmt.Fprintln(w.streams.Err, plain.Lines(fmt.Sprintf(format, args...)))
}

// shown names files for the terminal.
func shown(paths []string) string {
	first := paths[0]
	if folder, err := os.Getwd(); err == nil && inputs.Under(first, folder) {
		first, _ = filepath.Rel(folder, first)
	}
	if more := len(paths) - 1; more > 0 {
		return fmt.Sprintf("%s and %s", first, number.Of(more, "other file"))
	}
	return first
}

// once runs the command once. An edit stops it, and nothing of it is printed but its
// progress. It returns what was edited meanwhile.
func (w *watcher) once(ctx context.Context) (edited []string, err error) {
	running, stop := context.WithCancelCause(ctx)
	noticed := make(chan []string)
	go func() {
		edited := w.edits.Next(running)
		if len(edited) > 0 {
			stop(errEdited)
		}
		noticed <- edited
	}()
	out := &bytes.Buffer{}
	r, err := w.command.once(running, &terminal.Streams{In: w.streams.In, Out: out, Err: w.streams.Err}, w)
	stop(nil)
	edited = <-noticed
	if errors.Is(context.Cause(running), errEdited) {
		w.say("the run was stopped")
		return edited, nil
	}
	if _, err := out.WriteTo(w.streams.Out); err != nil {
		return nil, err
	}
	if err != nil && ctx.Err() == nil {
		w.streams.Complain(err)
	}
	if r != nil && (err == nil || errors.As(err, new(terminal.Failed))) {
		w.compare(r)
	}
	return edited, err
}

// compare says what has changed against the run before.
func (w *watcher) compare(r *run) {
	after, err := readOutcomes(filepath.Join(r.folder, "results.jsonl"))
	if err != nil {
		return // it has no items
	}
	if w.before != nil {
		w.say("%s", after.against(w.before))
	}
	w.before = after
}

// synthesized follows what an app reads, after it was synthesized or failed to. NotKept
// says why the assembly is not kept.
func (w *watcher) synthesized(app *synthesis.App, notKept, failed error) {
	w.app = slices.Concat(app.Inputs(), w.given())
	if failed != nil {
		w.edits.Add(w.app) // to what it read before, which may cure it
		return
	}
	if changed, ok := errors.AsType[*synthesis.ChangedError](notKept); !ok {
		w.changed = ""
	} else {
		if changed.Path == w.changed { // also in the run that this change has started
			w.written[changed.Path] = true
		}
		w.changed = changed.Path
	}
	w.app = slices.DeleteFunc(w.app, func(in inputs.Input) bool { return w.written[in.Path] })
	if !app.Known() { // what it has written meanwhile is no edit
		w.edits.Follow(nil)
	}
	w.edits.Add(w.app)
}

// chosen follows what an app reads and the sources of the functions of a stack.
func (w *watcher) chosen(stack *template.Stack) {
	folders := map[string][]string{}
	for _, r := range stack.Resources() {
		var p gobuild.Package
		if named, err := r.Metadata(protocol.PackageMetadata, &p); named && err == nil {
			folders[p.Folder] = append(folders[p.Folder], p.ImportPath)
		}
	}
	all := slices.Clone(w.app)
	for folder, packages := range folders {
		sources, err := inputs.GoSources(folder, inputs.GoSettings(folder), []string{"-tags=" + gobuild.Tags}, packages)
		if err == nil { // else the functions do not build, and the error says why
			all = append(all, sources...)
		}
	}
	w.edits.Follow(all)
}

// given returns the files that the command was given, and those of the CDK.
func (w *watcher) given() []inputs.Input {
	paths := []string{"cdk.json", "cdk.context.json", w.command.Input, w.command.Items, w.command.Faults}
	paths = slices.AppendSeq(paths, maps.Values(w.command.Seed))
	paths = slices.AppendSeq(paths, maps.Values(w.command.Stub))
	var all []inputs.Input
	for _, path := range paths {
		if at, err := filepath.Abs(path); err == nil && path != "" && path != "-" {
			all = append(all, inputs.Input{Access: reads.Whole, Path: at})
		}
	}
	return all
}
