package resultstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
	"pgregory.net/rapid"
)

// Job is a Distributed job whose Map has ended, maybe after redrives.
type Job struct {
	Count   int               // items of the job
	Results protocol.Results  // as the state machine passes them to the summary
	Objects map[string]string // texts by keys: results of Map Runs, and outcomes that workers stored

	// Fates has the error's name of each item of which the results have an
	// outcome; "" is success.
	Fates map[int]string
	// Rest is the error's name of the other items; "" if they are lost.
	Rest string
	// Gap is what the results lack, so that they do not show how many items there
	// were; "" if nothing.
	Gap string
}

// Gaps that Draw may leave.
const (
	gapManifest     = "no manifest"
	gapLastManifest = "the last redrive has no manifest"
	gapInput        = "a child execution without its input"
)

// Draw draws a job. Its objects are in a bucket, under a prefix.
func Draw(t *rapid.T, bucket, prefix string) *Job {
	b := &builder{t: t, bucket: bucket, prefix: prefix, size: rapid.IntRange(1, 4).Draw(t, "batch size"),
		byReference: drawBool(t, "by reference"), mapFailed: drawBool(t, "Map failed"),
		job: &Job{Objects: map[string]string{}, Fates: map[int]string{}}}
	b.mapRun = MapRun{Bucket: bucket, Prefix: prefix + "/results", Machine: "Nightly", Label: "Map", ID: "7b5f0000-0000-3000-8000-000000000000",
		Express: drawBool(t, "Express"), Form: form(t)}
	b.rounds()
	b.handOver()
	b.leaveGap()
	maps.Copy(b.job.Objects, b.mapRun.Objects())
	b.addForeign()
	return b.job
}

// drawBool draws a bool by its name.
func drawBool(t *rapid.T, name string) bool { return rapid.Bool().Draw(t, name) }

func form(t *rapid.T) Form {
	return Form{
		JSON:         drawBool(t, "OutputType JSON"),
		FailuresJSON: drawBool(t, "failures as array"),
		PerFile:      rapid.IntRange(0, 3).Draw(t, "elements in a file"),
		WriteEmpty:   drawBool(t, "empty files"),
		Empty:        rapid.SampledFrom([]string{"[]", "", "\n", " [ ]\n", "[]\n"}).Draw(t, "empty file"),
	}
}

type builder struct {
	t           *rapid.T
	bucket      string
	prefix      string
	size        int // items of a batch
	byReference bool
	mapFailed   bool
	mapRun      MapRun
	tries       [][]map[int]protocol.Outcome // of the chunk of each child: outcomes that a try has stored
	lost        map[int]bool                 // items that a worker left out
	job         *Job
}

// rounds draws how children end in the Map Run and in its redrives.
func (b *builder) rounds() {
	t := b.t
	redrives := rapid.SliceOfNDistinct(rapid.SampledFrom([]int{1, 2, 3, 9, 10, 11}), 0, 3, rapid.ID).Draw(t, "redrives")
	slices.Sort(redrives)
	children := rapid.IntRange(1, 6).Draw(t, "children")
	b.job.Count = children*b.size - rapid.IntRange(0, b.size-1).Draw(t, "less in the last batch")
	b.tries = make([][]map[int]protocol.Outcome, children)
	b.lost = map[int]bool{}
	for i, redrive := range append([]int{0}, redrives...) {
		round := Round{Redrive: redrive}
		for n := range children {
			var before *Child
			if i > 0 {
				before = &b.mapRun.Rounds[i-1].Children[n]
			}
			round.Children = append(round.Children, b.child(n, before, i == len(redrives)))
		}
		b.mapRun.Rounds = append(b.mapRun.Rounds, round)
	}
	for n, c := range b.last().Children {
		b.fates(n, &c)
	}
}

func (b *builder) last() *Round { return &b.mapRun.Rounds[len(b.mapRun.Rounds)-1] }

// items returns the indexes of a child's items: first and the one after the last.
func (b *builder) items(child int) (first, end int) {
	return child * b.size, min((child+1)*b.size, b.job.Count)
}

// child draws how a child ends a round. One that succeeded stays so.
func (b *builder) child(n int, before *Child, isLast bool) Child {
	if before != nil && before.Status == Succeeded {
		return *before
	}
	statuses := []string{Succeeded, Succeeded, Failed, TimedOut}
	if !isLast || b.mapFailed {
		if !b.mapRun.Express { // running Express children finish
			statuses = append(statuses, Aborted)
		}
		if before == nil || before.Status == Pending {
			statuses = append(statuses, Pending)
		}
	}
	c := Child{Status: rapid.SampledFrom(statuses).Draw(b.t, "status"), Input: b.input(n)}
	switch c.Status {
	case Failed:
		if drawBool(b.t, "names an error") {
			c.Error, c.Cause = "Lambda.Unknown", `{"errorMessage": "gone"}`
		}
	case TimedOut:
		c.Error = rapid.SampledFrom([]string{"", "States.Timeout"}).Draw(b.t, "error")
	}
	if c.Status != Pending && b.byReference {
		b.storeTry(n)
	}
	if c.Status == Succeeded {
		c.Answer = b.answer(n, isLast)
	}
	return c
}

// chunk returns the address of a child's chunk.
func (b *builder) chunk(n int) *protocol.Chunk {
	first, end := b.items(n)
	return &protocol.Chunk{Bucket: b.bucket, Key: protocol.Folder{Prefix: b.prefix + "/chunks"}.Chunk(first), First: first, Count: end - first}
}

func (b *builder) outcomes() protocol.Folder {
	return protocol.Folder{Bucket: b.bucket, Prefix: b.prefix + "/outcomes"}
}

func (b *builder) input(n int) string {
	to := b.outcomes()
	input := protocol.Batch[int]{BatchInput: protocol.BatchInput{Job: protocol.Job{Name: "nightly"}, Execution: "arn:execution", Outcomes: &to}}
	if b.byReference {
		input.Chunk = b.chunk(n)
	} else {
		first, end := b.items(n)
		for i := first; i < end; i++ {
			input.Items = append(input.Items, protocol.Indexed[int]{Index: i, Item: i})
		}
	}
	return marshal(input)
}

// outcome draws the outcome of an item. The name of its error depends on its rank,
// so that among outcomes of one rank it does not matter which counts.
func (b *builder) outcome(index int) protocol.Outcome {
	return rapid.SampledFrom([]protocol.Outcome{
		{Index: index, Status: protocol.Succeeded, Output: json.RawMessage(`{"a":[1]}`)},
		{Index: index, Status: protocol.Failed, Error: "Refused", Cause: "no"},
		{Index: index, Status: protocol.Failed, Error: "Busy", Retryable: true},
	}).Draw(b.t, "outcome")
}

// storeTry stores outcomes of some items of a child's chunk, in up to two parts.
func (b *builder) storeTry(n int) {
	first, end := b.items(n)
	location := b.outcomes().ChunkOutcomes(first)
	name := fmt.Sprintf("try%d", len(b.tries[n]))
	stored := map[int]protocol.Outcome{}
	var parts [2]string
	for i := first; i < end; i++ {
		if drawBool(b.t, "stored") {
			stored[i] = b.outcome(i)
			parts[rapid.IntRange(0, 1).Draw(b.t, "part")] += marshal(stored[i]) + "\n"
		}
	}
	for i, text := range parts {
		if text != "" {
			b.job.Objects[location.Prefix+protocol.Part(name, i)] = text
		}
	}
	b.tries[n] = append(b.tries[n], stored)
}

// best returns the best of the outcomes that tries of a chunk have stored of an
// item; nil if there is none.
func (b *builder) best(n, index int) *protocol.Outcome {
	var best *protocol.Outcome
	for _, try := range b.tries[n] {
		if o, stored := try[index]; stored && (best == nil || o.Rank() > best.Rank()) {
			best = &o
		}
	}
	return best
}

// answer draws the answer of a worker to the batch of a child.
func (b *builder) answer(n int, isLast bool) []json.RawMessage {
	first, end := b.items(n)
	if b.byReference {
		location := b.outcomes().ChunkOutcomes(first)
		stored := protocol.StoredOutcomes{Chunk: b.chunk(n), Outcomes: location}
		for key := range b.job.Objects {
			if part, ok := strings.CutPrefix(key, location.Prefix); ok {
				stored.Outcomes.Parts = append(stored.Outcomes.Parts, part)
			}
		}
		slices.Sort(stored.Outcomes.Parts)
		for i := first; i < end; i++ {
			if b.best(n, i) == nil {
				stored.NotBegun++
			}
		}
		return []json.RawMessage{json.RawMessage(marshal(stored))}
	}
	var outcomes []json.RawMessage
	drawn := map[int]protocol.Outcome{}
	for i := first; i < end; i++ {
		if isLast && !b.mapFailed && i > first && rapid.IntRange(0, 9).Draw(b.t, "lost") == 0 {
			b.lost[i] = true
			continue
		}
		drawn[i] = b.outcome(i)
		outcomes = append(outcomes, json.RawMessage(marshal(drawn[i])))
	}
	b.tries[n] = append(b.tries[n], drawn)
	if !drawBool(b.t, "too large for an answer") {
		return outcomes
	}
	key := b.outcomes().Batch(first)
	var lines strings.Builder
	for _, o := range outcomes {
		lines.Write(append(o, '\n'))
	}
	b.job.Objects[key] = lines.String()
	stored := protocol.StoredOutcomes{Outcomes: protocol.OutcomesLocation{Bucket: b.bucket, Key: key}}
	return []json.RawMessage{json.RawMessage(marshal(stored))}
}

// fates sets the fates of a child's items by how the child ended.
func (b *builder) fates(n int, c *Child) {
	otherwise := map[string]string{Succeeded: protocol.ErrorDeadline, Failed: cmp.Or(c.Error, "States.TaskFailed"), TimedOut: "States.Timeout",
		Aborted: protocol.ErrorAborted, Pending: protocol.ErrorNotStarted}[c.Status]
	first, end := b.items(n)
	for i := first; i < end; i++ {
		if o := b.best(n, i); o != nil {
			b.job.Fates[i] = o.Error
		} else if !b.lost[i] {
			b.job.Fates[i] = otherwise
		}
	}
}

// handOver sets the results that the state machine passes to the summary.
func (b *builder) handOver() {
	b.job.Results = protocol.Results{Bucket: b.bucket, Prefix: b.mapRun.Prefix}
	if b.mapFailed {
		b.job.Rest = protocol.ErrorNotStarted
		b.job.Count += rapid.IntRange(0, 3).Draw(b.t, "items that no child execution got")
		return
	}
	redrive := 0
	if drawBool(b.t, "names the last manifest") {
		redrive = b.last().Redrive
	}
	b.job.Results.Manifest = b.mapRun.Manifest(redrive)
}

// leaveGap removes from the results something that is needed to account for all
// items.
func (b *builder) leaveGap() {
	var failed []int
	for n, c := range b.last().Children {
		if c.Status != Succeeded {
			failed = append(failed, n)
		}
	}
	gaps := []string{""}
	if b.mapFailed {
		gaps = append(gaps, gapManifest)
		if len(b.mapRun.Rounds) > 1 {
			gaps = append(gaps, gapLastManifest)
		}
	}
	if len(failed) > 0 {
		gaps = append(gaps, gapInput)
	}
	b.job.Gap = rapid.SampledFrom(gaps).Draw(b.t, "gap")
	switch b.job.Gap {
	case "":
		return
	case gapManifest:
		for i := range b.mapRun.Rounds {
			b.mapRun.Rounds[i].NoManifest = true
		}
		if drawBool(b.t, "no files either") {
			b.mapRun.Rounds = nil
		}
		clear(b.job.Fates)
	case gapLastManifest:
		b.last().NoManifest = true
		for n, c := range b.mapRun.Rounds[len(b.mapRun.Rounds)-2].Children {
			if c.Status != Succeeded {
				b.forget(n)
			}
		}
	case gapInput:
		n := rapid.SampledFrom(failed).Draw(b.t, "child without input")
		b.last().Children[n].NoInput = true
		b.forget(n)
	}
	if b.mapFailed {
		b.job.Rest = protocol.ErrorOutcomeUnknown
	}
}

// forget removes the fates of a child's items.
func (b *builder) forget(n int) {
	first, end := b.items(n)
	for i := first; i < end; i++ {
		delete(b.job.Fates, i)
	}
}

// addForeign adds objects that must be ignored: those of another Map Run under the
// same prefix, and those that no ResultWriter writes.
func (b *builder) addForeign() {
	if !drawBool(b.t, "foreign objects") {
		return
	}
	other := b.mapRun
	other.ID = rapid.SampledFrom([]string{"00000000-0000-3000-8000-000000000001", "ffffffff-0000-3000-8000-000000000001"}).Draw(b.t, "other Map Run")
	other.Form.WriteEmpty = false
	other.Rounds = []Round{{}}
	if !b.mapFailed {
		other.Rounds[0].Redrive = 12
		other.Rounds[0].Children = []Child{{Status: Failed, Input: b.input(0), Error: "Foreign"}}
	}
	if b.job.Gap != gapManifest {
		maps.Copy(b.job.Objects, other.Objects())
	}
	b.job.Objects[b.mapRun.Folder(99)+"note.txt"] = "not a result"
	b.job.Objects[b.mapRun.Folder(0)+"Redrive-012/manifest.json"] = `{"ResultFiles": {"FAILED": [{"Key": "nowhere"}]}}`
}

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
