package job_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

type night struct{ Date string }

// count yields n numbers, then err if there is one.
func count(n int, err error) func(context.Context, night) iter.Seq2[int, error] {
	return func(context.Context, night) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}
	}
}

const distributedStart = `{"job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x", "input": {"date": "today"},
	"items": {"bucket": "results", "key": "KEY"}}`

func TestItemsAreStreamedToS3(t *testing.T) {
	t.Parallel()
	var given string
	h := start(func(ctx context.Context, n night) iter.Seq2[string, error] {
		given = n.Date + " " + job.InfoOf(ctx).Name
		return func(yield func(string, error) bool) {
			_ = yield("a<b", nil) && yield("c", nil)
		}
	})
	answer := invoke(t, h, strings.ReplaceAll(distributedStart, "KEY", "streamed/items.jsonl"))
	if answer != `{"items":{"bucket":"results","key":"streamed/items.jsonl","count":2}}` {
		t.Errorf("got %s, expected the address of the items and their number", answer)
	}
	if text, _ := object(t, "streamed/items.jsonl"); text != "\"a<b\"\n\"c\"\n" {
		t.Errorf("got object %q, expected a line for each item", text)
	}
	if given != "today nightly" {
		t.Errorf("got %q, expected the input and the job's name", given)
	}
}

// texts yields n items of so many bytes each.
func texts(n, bytes int) func(context.Context, night) iter.Seq2[string, error] {
	return func(context.Context, night) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for i := 0; i < n && yield(strings.Repeat("<", bytes), nil); i++ {
			}
		}
	}
}

// megabytes yields n long items, then err if there is one.
func megabytes(n int, err error) func(context.Context, night) iter.Seq2[string, error] {
	return func(context.Context, night) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for range n {
				if !yield(strings.Repeat("x", 1<<20), nil) {
					return
				}
			}
			if err != nil {
				yield("", err)
			}
		}
	}
}

func TestManyPartsMakeOneObject(t *testing.T) {
	t.Parallel()
	const n = 40 // three parts
	answer := invoke(t, start(megabytes(n, nil)), strings.ReplaceAll(distributedStart, "KEY", "many/items.jsonl"))
	if !strings.Contains(answer, `"count":40`) {
		t.Errorf("got %s, expected a count of %d", answer, n)
	}
	text, _ := object(t, "many/items.jsonl")
	if lines := strings.Count(text, "\n"); lines != n || len(text) != n*(1<<20+3) {
		t.Errorf("got %d lines of %d bytes, expected %d of %d", lines, len(text), n, n*(1<<20+3))
	}
}

func TestAFailedJobStartLeavesNoItemsAndCountsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler  job.Handler
		error    string
		expected string
	}{
		"named": {start(count(3, job.Errorf("NoDatabase", "it is down"))), "NoDatabase", "after 3 items: it is down"},
		"plain": {start(count(0, errors.New("it is down"))), "Error", "after 0 items: it is down"},
		"late":  {start(megabytes(40, errors.New("it went down"))), "Error", "after 40 items: it went down"},
		"panics": {start(func(context.Context, night) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { yield(1, nil); panic("boom") }
		}), "MapJob.Panic", "after 1 item: boom"},
		"panics before": {start(func(context.Context, night) iter.Seq2[int, error] { panic("no seq") }), "MapJob.Panic", "after 0 items: no seq"},
		"exits": {start(func(context.Context, night) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { yield(1, nil); runtime.Goexit() }
		}), job.ErrorHandlerExited, "after 1 item: the handler ended its goroutine, as runtime.Goexit and t.FailNow do, expected it to return"},
		"unwritable item": {start(func(context.Context, night) iter.Seq2[func(), error] {
			return func(yield func(func(), error) bool) { yield(func() {}, nil) }
		}), "UnsupportedTypeError", "after 0 items: json: unsupported type: func()"},
	} {
		t.Run(name, func(t *testing.T) {
			key := "failed/" + name
			err := refused(t, c.handler, strings.ReplaceAll(distributedStart, "KEY", key))
			if err.Type != c.error || err.Message != c.expected {
				t.Errorf("got %s: %s, expected %s: %s", err.Type, err.Message, c.error, c.expected)
			}
			if text, there := object(t, key); there {
				t.Errorf("got an object of %d bytes, expected none", len(text))
			}
		})
	}
}

func TestAnInlineJobGetsTheItemsThemselves(t *testing.T) {
	t.Parallel()
	const request = `{"job": {"name": "nightly"}, "execution": "arn:x", "input": {}}`
	if answer := invoke(t, start(count(3, nil)), request); answer != `{"items":[0,1,2]}` {
		t.Errorf("got %s, expected the items", answer)
	}
	if answer := invoke(t, start(count(0, nil)), request); answer != `{"items":[]}` {
		t.Errorf("got %s, expected an empty list", answer)
	}
	err := refused(t, start(count(100_000, nil)), request)
	if err.Type != "MapJob.TooManyItems" || !strings.Contains(err.Message, "245760 bytes") || !strings.Contains(err.Message, "use Distributed mode") {
		t.Errorf("got %s: %s, expected a refusal that names the limit and the way out", err.Type, err.Message)
	}
}

func TestAnInputThatDoesNotFitIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{`{"input": {"date": 7}}`, `"x"`} {
		if err := refused(t, start(count(1, nil)), payload); err.Type != job.ErrorInvalidInput {
			t.Errorf("%s: got %s: %s, expected %s", payload, err.Type, err.Message, job.ErrorInvalidInput)
		}
	}
}

func TestTwoTriesOfAJobStartUseDifferentKeys(t *testing.T) {
	t.Parallel()
	for name, chunkSize := range map[string]int{"items": 0, "chunks": 2} {
		t.Run(name, func(t *testing.T) {
			prefix := "tries/" + name
			payload := strings.Replace(strings.ReplaceAll(distributedStart, "KEY", prefix+"/items.jsonl"), `"input"`, fmt.Sprintf(`"chunkSize": %d, "input"`, chunkSize), 1)
			keys := map[string]bool{}
			for _, try := range []string{"one", "two"} {
				answer, err := jobtest.Call{RequestID: try}.Invoke(start(count(3, nil)), []byte(payload))
				if expected := `"key":"` + prefix + `/items-` + try + `.jsonl","count":3`; err != nil || !strings.Contains(string(answer), expected) {
					t.Errorf("got %s and error %v, expected %s", answer, err, expected)
				}
				text, _ := object(t, prefix+"/items-"+try+".jsonl")
				for line := range strings.Lines(text) {
					if chunkSize == 0 {
						continue
					}
					key := decode[struct{ Key string }](t, line).Key
					if _, there := object(t, key); !there || keys[key] || !strings.HasPrefix(key, prefix+"/chunks/"+try+"/") {
						t.Errorf("got the chunk %s (there: %t), expected one of the try's own", key, there)
					}
					keys[key] = true
				}
			}
		})
	}
}

func TestAnInlineAnswerIsMeasuredWhole(t *testing.T) {
	t.Parallel()
	const request = `{"job": {"name": "nightly"}, "execution": "arn:x", "input": {}}`
	answer := invoke(t, start(texts(1, 245_760-len(`{"items":[""]}`))), request)
	if len(answer) != 245_760 {
		t.Errorf("got %d bytes, expected as many as there may be", len(answer))
	}
	if err := refused(t, start(texts(1, 245_761-len(`{"items":[""]}`))), request); err.Type != "MapJob.TooManyItems" {
		t.Errorf("got %s: %s, expected one byte too many to be refused", err.Type, err.Message)
	}
	answer = invoke(t, start(texts(2, 122_000)), request)
	if strings.Contains(answer, `\u003c`) || !strings.Contains(answer, "<") {
		t.Errorf("got %.50s, expected items that are not escaped for HTML", answer)
	}
}

func TestAPanicOfAnInlineJobStartIsNamed(t *testing.T) {
	t.Parallel()
	const request = `{"job": {"name": "nightly"}, "execution": "arn:x", "input": {}}`
	err := refused(t, start(func(context.Context, night) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) { yield(1, nil); panic("boom") }
	}), request)
	if err.Type != job.ErrorPanic || err.Message != "after 1 item: boom" {
		t.Errorf("got %s: %s, expected how far it came", err.Type, err.Message)
	}
}

func TestAJobStartWhoseTimeIsUpCountsItsItems(t *testing.T) {
	t.Parallel()
	endless := func(ctx context.Context, _ night) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := 0; yield(i, nil); i++ {
				time.Sleep(time.Millisecond)
			}
		}
	}
	ignoring := func(context.Context, night) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			yield(1, nil)
			time.Sleep(time.Hour)
		}
	}
	returning := func(ctx context.Context, _ night) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			yield(1, nil)
			<-ctx.Done()
			yield(0, ctx.Err())
		}
	}
	for name, c := range map[string]struct {
		find     func(context.Context, night) iter.Seq2[int, error]
		expected string
	}{
		"items without end":        {endless, "items: the invocation's time was up: give the function a longer timeout"},
		"a query that won't end":   {ignoring, "after 1 item: the invocation's time was up"},
		"a query that ends itself": {returning, "after 1 item: context deadline exceeded"},
	} {
		for form, request := range map[string]string{
			"inline":      `{"input": {}}`,
			"distributed": strings.ReplaceAll(distributedStart, "KEY", "slow/"+name),
			"chunks":      strings.Replace(strings.ReplaceAll(distributedStart, "KEY", "slow/"+name+"/chunks"), `"input"`, `"chunkSize": 1000, "input"`, 1),
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					defer outlast()
					_, err := jobtest.Call{Timeout: 2 * time.Second, RequestID: form}.Invoke(start(c.find), []byte(request))
					if got := fmt.Sprint(job.NameOf(err), " ", err); job.NameOf(err) != job.ErrorDeadline || !strings.Contains(got, c.expected) {
						t.Errorf("got %s, expected %s: %s", got, job.ErrorDeadline, c.expected)
					}
				})
			})
		}
	}
}
