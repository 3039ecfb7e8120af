package inputs

import (
	"context"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// pause is the time between two looks at all inputs. An edit is over if there is no
// other one in that time.
const pause = 100 * time.Millisecond

// Edits notices edits of inputs. It polls them, which works on every system and is
// cheap for the few hundred inputs of an app.
type Edits struct {
	mutex sync.Mutex
	seen  map[Input]map[string]string // what an input was when it was seen last, as of glance
	own   []os.FileInfo               // of files that this process writes
}

// Ignore ignores what is written to a file of this process, such as standard error
// that goes to a file in a folder that is followed.
func (e *Edits) Ignore(file *os.File) {
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		e.mutex.Lock()
		defer e.mutex.Unlock()
		e.own = append(e.own, info)
	}
}

func (e *Edits) isOwn(path string) bool {
	info, err := os.Stat(path)
	return err == nil && slices.ContainsFunc(e.own, func(own os.FileInfo) bool { return os.SameFile(own, info) })
}

// Follow replaces the inputs. If one of them was followed before, an edit since the
// last look is noticed.
func (e *Edits) Follow(all []Input) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	before := e.seen
	e.seen = map[Input]map[string]string{}
	e.add(all, before)
}

// Add adds inputs.
func (e *Edits) Add(more []Input) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.seen == nil {
		e.seen = map[Input]map[string]string{}
	}
	e.add(more, e.seen)
}

func (e *Edits) add(all []Input, before map[Input]map[string]string) {
	for _, in := range all {
		in.State = ""
		was, ok := before[in]
		if !ok {
			was = in.glance()
		}
		e.seen[in] = was
	}
}

// look returns the paths of inputs that were edited since the last look.
func (e *Edits) look() []string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	edited := map[string]bool{}
	for in, was := range e.seen {
		is := in.glance()
		e.seen[in] = is
		for path := range is {
			if is[path] != was[path] {
				edited[path] = true
			}
		}
		for path := range was {
			if _, ok := is[path]; !ok {
				edited[path] = true
			}
		}
	}
	maps.DeleteFunc(edited, func(path string, _ bool) bool { return e.isOwn(path) })
	return slices.Sorted(maps.Keys(edited))
}

// Next waits for an edit, and for its end, and returns the paths of what was edited.
// If ctx ends first, it returns what was edited until then, which may be nothing.
func (e *Edits) Next(ctx context.Context) []string {
	edited := map[string]bool{}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return slices.Sorted(maps.Keys(edited))
		case <-tick.C:
		}
		more := e.look()
		if len(more) == 0 && len(edited) > 0 {
			return slices.Sorted(maps.Keys(edited))
		}
		for _, path := range more {
			edited[path] = true
		}
	}
}
