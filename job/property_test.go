package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/report"
	"pgregory.net/rapid"
)

// deed is an item. It says what the worker does with it.
type deed struct {
	Do    string `json:"do"`
	Tries int    `json:"tries"` // how often it fails before it succeeds
}

// fate is how an item ends: with an output, or with an error.
type fate struct {
	succeeded bool
	errorName string
	size      int // of the output, in bytes
}

const oversize = 300_000

// fate returns how an item ends whose turn comes.
func (d deed) fate() fate {
	switch {
	case d.Do == "panic":
		return fate{errorName: job.ErrorPanic}
	case d.Do == "refuse":
		return fate{errorName: "Refused"}
	case d.Do == "unfit":
		return fate{errorName: job.ErrorInvalidInput}
	case d.Do == "late" || d.Do == "slow":
		return fate{errorName: job.ErrorDeadline}
	case d.Do == "down":
		return fate{errorName: "Down"}
	case d.Tries >= 3:
		return fate{errorName: "Busy"}
	case d.Do == "talk":
		return fate{succeeded: true, size: oversize}
	}
	return fate{succeeded: true, size: 2}
}

// isLate reports whether an item has its turn until the time is up.
func (d deed) isLate() bool { return d.Do == "late" || d.Do == "slow" }

// later returns what the worker does when the batch is delivered again.
func (d deed) later() deed {
	if d.Do == "down" || d.Do == "slow" {
		return deed{Do: "succeed"}
	}
	return d
}

// delivery is one delivery of a batch.
type delivery struct {
	again bool // the batch was delivered before
	tries sync.Map
}

type deliveryKey struct{}

// doer returns a worker that does what its items say.
func doer() job.Handler {
	return work(func(ctx context.Context, d deed) (string, error) {
		delivery := ctx.Value(deliveryKey{}).(*delivery)
		counter, _ := delivery.tries.LoadOrStore(job.InfoOf(ctx).Index, new(atomic.Int32))
		try := int(counter.(*atomic.Int32).Add(1))
		if delivery.again {
			d = d.later()
		}
		switch {
		case d.Do == "panic":
			panic("boom")
		case d.Do == "refuse":
			return "", job.Errorf("Refused", "no")
		case d.isLate():
			<-ctx.Done()
			return "", fmt.Errorf("waiting: %w", ctx.Err())
		case d.Do == "down":
			return "", job.Retryable(job.Errorf("Down", "for now"))
		case try <= d.Tries:
			return "", job.Retryable(job.Errorf("Busy", "try %d", try))
		case d.Do == "talk":
			return strings.Repeat("x", oversize-2), nil
		}
		return "", nil
	})
}

// plan describes a run of a job.
type plan struct {
	deeds       []deed
	size        int // of a batch
	byReference bool
	origin      origin
	change      string   // what becomes of a source's object after the Map has read it
	place       bool     // there is a folder for outcomes that do not fit
	batches     []string // how each batch ends: see [batchEnds]
	rerun       *earlier // nil if the items are not those of an earlier run
}

// deed returns what is to be done with an item. What was down for the first run is
// up again in a rerun.
func (p plan) deed(index int) deed {
	if p.rerun != nil {
		return p.deeds[index].later()
	}
	return p.deeds[index]
}

// origin is where the items come from.
type origin string

const (
	stored   origin = "stored"    // the job start has stored them
	inSource origin = "in source" // in an object that is not the job's, so that their number is not known
	inInput  origin = "in input"  // in the execution's input
	unkept   origin = "unkept"    // in a source as well, with a definition that does not keep items
)

// kept reports whether outcomes of failed items carry the items.
func (o origin) kept() bool { return o == inSource || o == inInput }

// ofObject reports whether the items are in an object that is not the job's.
func (o origin) ofObject() bool { return o == inSource || o == unkept }

// changes lists what may happen to an object after the Map has read it.
var changes = []string{"none", "the same again", "shorter", "longer", "other items", "deleted"}

// changed returns an object's text after a change, and whether it is still there.
func changed(text, change string) (string, bool) {
	switch change {
	case "shorter":
		_, text, _ = strings.Cut(text, "\n")
	case "longer":
		text = "\"new\"\n" + text
	case "other items":
		text = strings.ReplaceAll(text, "\n", " \"new\"\n")
	}
	return text, change != "deleted"
}

// batchEnds lists how a batch can end: it is done; its answer comes twice; its
// answer is lost, and it is done again; it crashes after it was done once, or
// twice, and does not answer; it crashes before; the Map ends before its turn; or
// its results are lost.
var batchEnds = []string{"done", "done", "done", "twice", "retried", "crashed", "crashed twice", "unasked", "pending", "lost"}

func plans(t *rapid.T) plan {
	p := plan{
		size:        rapid.IntRange(1, 6).Draw(t, "size"),
		byReference: rapid.Bool().Draw(t, "by reference"),
		place:       rapid.Bool().Draw(t, "place"),
	}
	p.place = p.place || p.byReference
	p.origin = stored
	if !p.byReference {
		p.origin = rapid.SampledFrom([]origin{stored, inSource, inInput, unkept}).Draw(t, "origin")
		p.change = rapid.SampledFrom(changes).Draw(t, "change")
	}
	// A fair share of what is costly: an oversize result takes a megabyte.
	kinds := []string{"succeed", "succeed", "succeed", "succeed", "succeed", "refuse", "panic", "unfit", "busy", "busy", "down", "slow", "late", "talk"}
	for range rapid.IntRange(0, 20).Draw(t, "items") {
		d := deed{Do: rapid.SampledFrom(kinds).Draw(t, "do")}
		if d.Do == "busy" {
			d.Tries = rapid.IntRange(1, 4).Draw(t, "tries")
		}
		p.deeds = append(p.deeds, d)
	}
	p.batches = ends(t, p)
	return p
}

func ends(t *rapid.T, p plan) (batches []string) {
	for range (len(p.deeds) + p.size - 1) / p.size {
		batches = append(batches, rapid.SampledFrom(batchEnds).Draw(t, "batch"))
	}
	return batches
}

// truth returns how each item must end. Lost items are not in it.
func (p plan) truth() map[int]fate {
	truth := map[int]fate{}
	for b, end := range p.batches {
		late := false
		for i := b * p.size; i < min((b+1)*p.size, len(p.deeds)); i++ {
			d := p.deed(i)
			if end == "retried" || end == "crashed twice" || end == "twice" && p.writesOver(b) {
				d = d.later()
			}
			f := d.fate()
			switch {
			case late:
				f = fate{errorName: job.ErrorDeadline}
			case f.size == oversize && !p.place:
				f = fate{errorName: job.ErrorResultTooLarge}
			}
			switch end {
			case "crashed", "crashed twice": // by reference what was done is stored, and nothing else is
				if !p.byReference || late {
					f = fate{errorName: "Crash"}
				}
			case "unasked":
				f = fate{errorName: "Crash"}
			case "pending":
				f = fate{errorName: job.ErrorNotStarted}
			case "lost":
				continue
			}
			truth[i] = f
			late = late || d.isLate()
		}
	}
	return truth
}

// writesOver reports whether a batch that is done twice writes its outcomes
// over those of the first time: those that do not fit into an answer by value
// have one object in S3.
func (p plan) writesOver(batch int) bool {
	if p.byReference || !p.place {
		return false
	}
	for i := batch * p.size; i < min((batch+1)*p.size, len(p.deeds)); i++ {
		d := p.deed(i)
		if d.isLate() {
			return false
		}
		if d.Do == "talk" {
			return true
		}
	}
	return false
}

// items yields the deeds, as the job start does.
func (p plan) items() iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for _, d := range p.deeds {
			var item any = d
			if d.Do == "unfit" {
				item = "unfit"
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}

// run does what Step Functions would, and returns the answer of the summary and
// what its function saw, the items that failed, and the report.
func (p plan) run(t *testing.T, prefix string) (answer accountAnswer, seen map[int]fate, failures []string, markdown string) {
	starting := strings.ReplaceAll(distributedStart, "KEY", prefix+"/items.jsonl")
	if p.byReference {
		starting = starting[:len(starting)-1] + fmt.Sprintf(`, "chunkSize": %d}`, p.size)
	}
	invoke(t, start(func(context.Context, night) iter.Seq2[any, error] { return p.items() }), starting)
	text, _ := object(t, prefix+"/items.jsonl")
	lines := slices.Collect(strings.Lines(text))
	var inputs []string
	for b := range p.batches {
		about := fmt.Sprintf(`"BatchInput": {"job": {"name": "nightly"}, "keepItems": %t}`, p.origin.kept())
		if p.place {
			about = strings.TrimSuffix(about, "}") + fmt.Sprintf(`, "outcomes": {"bucket": "results", "prefix": "%s/outcomes"}}`, prefix)
		}
		if p.byReference {
			inputs = append(inputs, fmt.Sprintf(`{%s, "Chunk": %s}`, about, lines[b]))
			continue
		}
		var items []string
		for i := b * p.size; i < min((b+1)*p.size, len(lines)); i++ {
			items = append(items, fmt.Sprintf(`{"index": %d, "item": %s}`, i, lines[i]))
		}
		inputs = append(inputs, fmt.Sprintf(`{%s, "Items": [%s]}`, about, strings.Join(items, ",")))
	}

	worker := doer()
	delivered := map[string]bool{}
	deliver := func(input string) string {
		ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), deliveryKey{}, &delivery{again: delivered[input] || p.rerun != nil}), time.Minute)
		delivered[input] = true
		defer cancel()
		answer, err := worker.Invoke(ctx, []byte(input))
		if err != nil {
			t.Fatalf("got error %v, expected an answer", err)
		}
		if len(answer) > payloadLimit {
			t.Fatalf("got an answer of %d bytes, expected at most %d", len(answer), payloadLimit)
		}
		var elements []json.RawMessage
		if err := json.Unmarshal(answer, &elements); err != nil {
			t.Fatal(err)
		}
		var flattened strings.Builder
		for _, e := range elements {
			flattened.WriteString(string(e) + "\n")
		}
		return flattened.String()
	}
	var succeeded, failed, pending strings.Builder
	for b, input := range inputs {
		child := fmt.Sprintf(`{"Input": %q, "Error": "Crash", "Cause": ""}`+"\n", input)
		switch p.batches[b] {
		case "done":
			succeeded.WriteString(deliver(input))
		case "twice":
			succeeded.WriteString(deliver(input))
			succeeded.WriteString(deliver(input))
		case "retried":
			deliver(input)
			succeeded.WriteString(deliver(input))
		case "crashed twice":
			deliver(input)
			fallthrough
		case "crashed":
			deliver(input) // and crashes before it answers
			failed.WriteString(child)
		case "unasked":
			failed.WriteString(child)
		case "pending":
			pending.WriteString(fmt.Sprintf(`{"Input": %q}`+"\n", input))
		}
	}
	manifest := mapRun(t, prefix, succeeded.String(), failed.String(), pending.String())

	seen = map[int]fate{}
	summary := summarize(func(_ context.Context, s *job.Summary) error {
		for o := range s.Results() {
			if _, again := seen[o.Index]; again {
				return fmt.Errorf("item %d came twice", o.Index)
			}
			seen[o.Index] = fate{o.Status == job.Succeeded, o.Error, len(o.Output)}
		}
		return nil
	})
	payload := request(prefix, fmt.Sprintf(`{"bucket": "results", "manifest": "%s"}`, manifest), len(p.deeds))
	payload = strings.Replace(payload, `"count"`, fmt.Sprintf(`"chunked": %t, "count"`, p.byReference), 1)
	payload = strings.Replace(payload, `"input": {}`, fmt.Sprintf(`"input": {}, "keptItems": %t`, p.origin.kept()), 1)
	if p.rerun != nil {
		payload = strings.Replace(payload, `"input": {}`, fmt.Sprintf(`"input": {}, "rerun": {"execution": "arn:earlier", "bucket": "results", "key": %q, "count": %d}`, p.rerun.key, len(p.deeds)), 1)
	}
	switch own := fmt.Sprintf(`"bucket": "results", "key": "%s/items.jsonl", "chunked": false, "count": %d`, prefix, len(p.deeds)); {
	case p.rerun != nil && !p.byReference:
		payload = strings.Replace(payload, prefix+"/items.jsonl", p.rerun.key, 1)
	case p.origin == inInput:
		payload = strings.Replace(payload, own, fmt.Sprintf(`"count": %d`, len(p.deeds)), 1)
	case p.origin.ofObject():
		key := "sources/" + prefix
		if text, there := changed(text, p.change); there {
			put(t, key, text)
		}
		payload = strings.Replace(payload, own, fmt.Sprintf(`"bucket": "results", "key": "%s"`, key), 1)
	}
	answer = decode[accountAnswer](t, invoke(t, summary, payload))
	text, _ = object(t, prefix+"/report/failures.jsonl")
	markdown, _ = object(t, prefix+"/report/report.md")
	return answer, seen, slices.Collect(strings.Lines(text)), markdown
}

// check compares the account with the truth.
func (p plan) check(answer accountAnswer, seen map[int]fate, failures []string, markdown string) error {
	truth := p.truth()
	if !maps.Equal(seen, truth) {
		for i := range p.deeds {
			if seen[i] != truth[i] {
				return fmt.Errorf("got %+v for item %d (%+v, batch %s), expected %+v", seen[i], i, p.deeds[i], p.batches[i/p.size], truth[i])
			}
		}
		return errors.New("got items that the job does not have")
	}
	expected, errorCounts := report.Items{Total: len(p.deeds)}, map[string]int{}
	if p.origin.ofObject() {
		expected.Total = len(truth)
	}
	expected.Missing = expected.Total - len(truth)
	for _, f := range truth {
		if f.succeeded {
			expected.Succeeded++
		} else {
			expected.Failed++
			errorCounts[f.errorName]++
		}
	}
	if answer.Items != expected || !maps.Equal(answer.Errors, errorCounts) {
		return fmt.Errorf("got %+v and errors %v, expected %+v and %v", answer.Items, answer.Errors, expected, errorCounts)
	}
	repeated := 0
	for b, end := range p.batches {
		if end == "twice" {
			repeated += min((b+1)*p.size, len(p.deeds)) - b*p.size
		}
	}
	if err := p.checkComparison(truth, answer.Comparison, markdown); err != nil {
		return err
	}
	if answer.Repeated != repeated {
		return fmt.Errorf("got %d outcomes repeated, expected %d", answer.Repeated, repeated)
	}
	var again []string
	i := 0
	for item := range p.items() {
		if end := p.batches[i/p.size]; p.isNamed(truth, i, end) {
			text, _ := json.Marshal(item)
			again = append(again, string(text)+"\n")
		}
		i++
	}
	if p.origin != stored { // as their outcomes come
		slices.Sort(failures)
		slices.Sort(again)
	}
	if !slices.Equal(failures, again) {
		return fmt.Errorf("got failures %q, expected %q", failures, again)
	}
	lacks := len(failures) < expected.Failed+expected.Missing
	if strings.Contains(markdown, "("+protocol.ErrorItemUnknown+")") != lacks {
		return fmt.Errorf("got report\n%s\nexpected it to say that failures are missing: %t", markdown, lacks)
	}
	return nil
}

// isNamed reports whether an item has to be among the failures.
func (p plan) isNamed(truth map[int]fate, index int, end string) bool {
	switch fate, known := truth[index]; {
	case known && fate.succeeded:
		return false
	case p.origin == stored:
		return true
	case end == "crashed" || end == "crashed twice" || end == "unasked" || end == "pending": // the child has them
		return true
	default: // they come with their outcomes, if those have room
		return known && p.origin.kept() && fate.errorName != job.ErrorResultTooLarge
	}
}

// The account of the summary is the truth, item by item, whatever happened.
// It takes 100 runs unless -rapid.checks says otherwise. A run takes place in
// virtual time: an item that is late lasts until the invocation's time is up.
func TestTheAccountIsTheTruth(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := plans(rt)
		runs++
		prefix := fmt.Sprint("property/", runs)
		var err error
		synctest.Test(t, func(t *testing.T) { err = p.check(p.run(t, prefix)) })
		found, _ := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix + "/"}, gofakes3.ListBucketPage{})
		for _, o := range found.Contents {
			_, _ = objects.DeleteObject(bucket, o.Key)
		}
		_, _ = objects.DeleteObject(bucket, "sources/"+prefix)
		if err != nil {
			rt.Fatalf("%v\nin %+v", err, p)
		}
	})
}
