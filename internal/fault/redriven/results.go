// Package redriven keeps the results of Map Runs as redrives leave them: those of
// earlier tries stay beside the whole results.
package redriven

import (
	"bytes"
	"context"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/value"
)

// The folders of redrives. The last one has the whole results; its name sorts before
// the other one.
const (
	earlierFolder = "Redrive-2/"
	lastFolder    = "Redrive-10/"
)

// Results is an object store whose Map Runs may look redriven: the manifests of the
// Map Run itself and of an earlier redrive say that all children are pending, and
// that of the last redrive has the results. It has to observe the Map Runs.
type Results struct {
	objects.Store
	// Strikes reports whether a Map Run that starts looks redriven. It is called on
	// the goroutine of the run.
	Strikes func(engine.MapRunInfo) bool
	// Ended is called when such a Map Run has ended. Written is false if it has no
	// results: nothing was changed then.
	Ended func(run engine.MapRunInfo, written bool)

	mu      sync.Mutex
	mapRuns map[string]*mapRun // by the ID
}

type mapRun struct {
	info    engine.MapRunInfo
	inputs  []any // of its children
	written bool
}

func idOf(mapRunARN string) string { return mapRunARN[strings.LastIndex(mapRunARN, ":")+1:] }

func (r *Results) find(id string) *mapRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mapRuns[id]
}

// Started implements [engine.MapObserver].
func (r *Results) Started(run engine.MapRunInfo) {
	if !r.Strikes(run) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mapRuns == nil {
		r.mapRuns = map[string]*mapRun{}
	}
	r.mapRuns[idOf(run.ARN)] = &mapRun{info: run}
}

// Counted implements [engine.MapObserver].
func (*Results) Counted(string, int) {}

// ChildStarted implements [engine.MapObserver].
func (*Results) ChildStarted(engine.ChildInfo) {}

// ChildDone implements [engine.MapObserver].
func (r *Results) ChildDone(child engine.ChildResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.mapRuns[idOf(child.MapRunARN)]; m != nil {
		m.inputs = append(m.inputs, child.Input)
	}
}

func (r *Results) ended(run engine.MapRunResult) {
	id := idOf(run.ARN)
	r.mu.Lock()
	m := r.mapRuns[id]
	delete(r.mapRuns, id)
	r.mu.Unlock()
	if m != nil && r.Ended != nil {
		r.Ended(m.info, m.written)
	}
}

// Observer returns the observer of the Map Runs.
func (r *Results) Observer() engine.MapObserver { return observer{r} }

// observer has the method Ended, which Results has as a field.
type observer struct{ *Results }

// Ended implements [engine.MapObserver].
func (o observer) Ended(run engine.MapRunResult) { o.ended(run) }

// resultName matches the names of results.
var resultName = regexp.MustCompile(`^(?:manifest\.json|(?:SUCCEEDED|FAILED|PENDING)_[0-9]+\.jsonl?)$`)

// Create implements [objects.Store].
func (r *Results) Create(ctx context.Context, bucket, key string) (io.WriteCloser, error) {
	folder, name := path.Split(key)
	m := r.find(path.Base(folder))
	if m == nil || !resultName.MatchString(name) {
		return r.Store.Create(ctx, bucket, key)
	}
	object, err := r.Store.Create(ctx, bucket, folder+lastFolder+name)
	if err != nil || name != "manifest.json" {
		return object, err
	}
	return &manifest{object: object, results: r, mapRun: m, ctx: ctx, bucket: bucket, folder: folder}, nil
}

// manifest is the manifest of a Map Run that looks redriven. The others are there
// before it is.
type manifest struct {
	object         io.WriteCloser
	results        *Results
	mapRun         *mapRun
	ctx            context.Context
	bucket, folder string
	text           bytes.Buffer
}

func (m *manifest) Write(text []byte) (int, error) { return m.text.Write(text) }

// Close writes the manifests.
func (m *manifest) Close() error {
	for _, redrive := range []string{"", earlierFolder} {
		if err := m.writeEarlier(m.folder + redrive); err != nil {
			return objects.Finish(m.object, err)
		}
	}
	text := bytes.ReplaceAll(m.text.Bytes(), []byte(quoted(m.folder)), []byte(quoted(m.folder+lastFolder)))
	_, err := m.object.Write(text)
	if err = objects.Finish(m.object, err); err == nil {
		m.results.mu.Lock()
		m.mapRun.written = true
		m.results.mu.Unlock()
	}
	return err
}

// Abort gives the manifest up.
func (m *manifest) Abort() error { return objects.Finish(m.object, context.Canceled) }

// quoted returns the beginning of a key in JSON.
func quoted(folder string) string { return strings.TrimSuffix(value.Text(folder), `"`) }

// writeEarlier writes results of which all children are pending.
func (m *manifest) writeEarlier(folder string) error {
	m.results.mu.Lock()
	inputs := slices.Clone(m.mapRun.inputs)
	m.results.mu.Unlock()
	var lines []byte
	for _, input := range inputs {
		lines = value.Append(lines, value.NewObject("Input", value.Text(input), "InputDetails", value.NewObject("Included", true), "Status", "PENDING"))
		lines = append(lines, '\n')
	}
	files := []any{}
	if len(inputs) > 0 {
		key := folder + "PENDING_0.jsonl"
		files = append(files, value.NewObject("Key", key, "Size", float64(len(lines))))
		if err := m.write(key, lines); err != nil {
			return err
		}
	}
	return m.write(folder+"manifest.json", value.Append(nil, value.NewObject("DestinationBucket", m.bucket, "MapRunArn", m.mapRun.info.ARN,
		"ResultFiles", value.NewObject("FAILED", []any{}, "PENDING", files, "SUCCEEDED", []any{}))))
}

func (m *manifest) write(key string, text []byte) error {
	object, err := m.results.Store.Create(m.ctx, m.bucket, key)
	if err != nil {
		return err
	}
	_, err = object.Write(text)
	return objects.Finish(object, err)
}
