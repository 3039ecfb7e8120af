package archive

import (
	"encoding/json"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// progressEvery is how old the counts of a Map Run that runs may be for other processes.
const progressEvery = time.Second

// NewMapRun returns a Map Run that starts.
func NewMapRun(run engine.MapRunInfo) *MapRun {
	m := &MapRun{ARN: run.ARN, ExecutionARN: run.ExecutionARN, StateName: run.StateName, Status: engine.Running, Start: run.Start,
		MaxConcurrency: run.MaxConcurrency, ToleratedCount: run.ToleratedCount, ToleratedPercentage: run.ToleratedPercentage}
	m.Items.Pending, m.Items.Total = max(run.Items, 0), max(run.Items, 0)
	return m
}

// Counted notes how many items are known.
func (m *MapRun) Counted(total int) {
	m.Items.Pending += total - m.Items.Total
	m.Items.Total = total
}

// ChildStarted counts a child that starts.
func (m *MapRun) ChildStarted(child engine.ChildInfo) {
	known := min(m.Items.Pending, child.Items) // others were not counted yet
	m.Items.Pending -= known
	m.Items.Total += child.Items - known
	m.Items.Running += child.Items
	m.Executions.Running++
	m.Executions.Total++
}

// ChildDone counts a child that has ended.
func (m *MapRun) ChildDone(child engine.ChildResult) {
	m.Items.Running -= child.Items
	m.Executions.Running--
	m.Items.add(child.Status, child.Items)
	m.Executions.add(child.Status, 1)
}

// Ended notes how the Map Run has ended.
func (m *MapRun) Ended(run engine.MapRunResult) {
	m.Status, m.Stop = run.Status, run.Stop
	m.Items, m.Executions = Counts{MapRunCounts: run.Items}, Counts{MapRunCounts: run.Executions}
	m.Bucket, m.ManifestKey = run.Bucket, run.ManifestKey
}

// Started implements [engine.MapObserver].
func (r *Recorder) Started(run engine.MapRunInfo) {
	r.folder.mutex.Lock()
	defer r.folder.mutex.Unlock()
	r.writeMapRun(NewMapRun(run))
}

func (r *Recorder) writeMapRun(m *MapRun) {
	now := *m
	r.write(line{MapRun: &now})
}

// change changes a Map Run. Other processes see the change after progressEvery, with
// those that follow until then. The folder is locked.
func (r *Recorder) change(arn string, how func(*MapRun)) {
	m := r.folder.runs[arn]
	if m == nil {
		return
	}
	how(m)
	if r.due[arn] {
		return
	}
	r.due[arn] = true
	time.AfterFunc(progressEvery, func() {
		r.folder.mutex.Lock()
		defer r.folder.mutex.Unlock()
		if !r.due[arn] || r.folder.recorder != r { // it has ended, or the recorder is closed
			return
		}
		delete(r.due, arn)
		r.writeMapRun(m)
		_ = r.flush() // the writers keep an error for Close
	})
}

// Counted implements [engine.MapObserver].
func (r *Recorder) Counted(mapRunARN string, total int) {
	r.folder.mutex.Lock()
	defer r.folder.mutex.Unlock()
	r.change(mapRunARN, func(m *MapRun) { m.Counted(total) })
}

// ChildStarted implements [engine.MapObserver].
func (r *Recorder) ChildStarted(child engine.ChildInfo) {
	f := r.folder
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.running[child.ExecutionARN] = runningChild{child.MapRunARN, child.Items, child.Start, r.counted()}
	r.change(child.MapRunARN, func(m *MapRun) { m.ChildStarted(child) })
}

// ChildDone implements [engine.MapObserver].
func (r *Recorder) ChildDone(child engine.ChildResult) {
	f := r.folder
	f.mutex.Lock()
	defer f.mutex.Unlock()
	text, err := json.Marshal(childLine{MapRunARN: child.MapRunARN, ARN: child.ExecutionARN, Status: child.Status,
		Start: child.Start, Stop: child.Stop, Items: child.Items, Error: child.Error,
		History: f.running[child.ExecutionARN].history, HistoryEnd: r.counted()})
	delete(f.running, child.ExecutionARN)
	if err == nil {
		_, err = r.children.Write(append(text, '\n'))
	}
	r.keep(err)
	r.change(child.MapRunARN, func(m *MapRun) { m.ChildDone(child) })
}

func (c *Counts) add(status engine.Status, n int) {
	switch status {
	case engine.Succeeded:
		c.Succeeded += n
	case engine.Failed:
		c.Failed += n
	case engine.TimedOut:
		c.TimedOut += n
	case engine.Aborted:
		c.Aborted += n
	}
}

// Ended implements [engine.MapObserver].
func (r *Recorder) Ended(run engine.MapRunResult) {
	r.folder.mutex.Lock()
	defer r.folder.mutex.Unlock()
	m := r.folder.runs[run.ARN]
	if m == nil {
		return
	}
	m.Ended(run)
	r.writeMapRun(m)
	delete(r.due, run.ARN)
}
