package job_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/job"
)

// storeOutcomes stores the results of a Map Run, whose items ended as ending says.
func storeOutcomes(tb testing.TB, prefix string, n int, ending func(index int) string) {
	var lines bytes.Buffer
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":%s,"startedAt":%d,"ms":12}`+"\n", i, ending(i), 1_793_498_400_000+i)
	}
	manifest := fmt.Sprintf(`{"DestinationBucket": "results", "ResultFiles": {"SUCCEEDED": [{"Key": "%s/lines"}], "FAILED": [], "PENDING": []}}`, prefix)
	for key, text := range map[string][]byte{"/lines": lines.Bytes(), "/manifest.json": []byte(manifest)} {
		if _, err := objects.PutObject(bucket, prefix+key, map[string]string{}, bytes.NewReader(text), int64(len(text)), nil); err != nil {
			tb.Fatal(err)
		}
	}
}

// The memory of a summary grows by two bits an item, and by a few bytes for one that
// failed: at the end of many results about as much is in use as at the beginning. The
// test is not parallel, because the memory is that of the process.
func TestASummaryTakesTheSameMemoryForManyResults(t *testing.T) {
	const n = 196_000
	for name, c := range map[string]struct {
		ending func(index int) string
		rerun  bool
		most   int64 // bytes that are more in use at the end
	}{
		"all succeeded":          {func(i int) string { return fmt.Sprintf(`"SUCCEEDED","output":{"n":%d}`, i) }, false, 2 << 20},
		"a rerun succeeded":      {func(i int) string { return fmt.Sprintf(`"SUCCEEDED","output":{"n":%d}`, i) }, true, 2 << 20},
		"a rerun failed":         {func(int) string { return `"FAILED","error":"Down"` }, true, 2 << 20},
		"a rerun failed by many": {func(i int) string { return fmt.Sprintf(`"FAILED","error":"E%d"`, i%7) }, true, 2<<20 + 8*n},
	} {
		prefix := "flat/" + name
		storeOutcomes(t, prefix, n, c.ending)
		put(t, prefix+"/items.jsonl", "")
		payload := request(prefix, `{"bucket": "results", "manifest": "`+prefix+`/manifest.json"}`, n)
		if c.rerun {
			var errors strings.Builder
			for i := range n {
				fmt.Fprintf(&errors, `{"index":%d,"error":"E%d"}`+"\n", i, i%14)
			}
			put(t, prefix+"/some.errors.jsonl", errors.String())
			payload = strings.Replace(payload, `"input"`, `"rerun": {"execution": "arn:y", "bucket": "results", "key": "`+prefix+`/some.jsonl"}, "input"`, 1)
		}
		inUse := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		var early, late uint64
		seen := 0
		answer := decode[accountAnswer](t, invoke(t, summarize(func(_ context.Context, s *job.Summary) error {
			for range s.Results() {
				switch seen++; seen {
				case n / 10:
					early = inUse()
				case n - n/10:
					late = inUse()
				}
			}
			return nil
		}, overNetwork(t)), payload))
		if grown := int64(late) - int64(early); seen != n || grown > c.most {
			t.Errorf("%s: got %d bytes more after %d results, expected less than %d after %d", name, grown, seen, c.most, n)
		}
		if got := answer.Comparison; (got != nil) != c.rerun || c.rerun && got.Recovered+got.SameError+got.OtherError != n {
			t.Errorf("%s: got the comparison %+v, expected all items in it: %t", name, got, c.rerun)
		}
		if c := answer.Comparison; name == "a rerun failed by many" && (c == nil || c.SameError != n/2) {
			t.Errorf("%s: got the comparison %+v, expected half of the items with the same error", name, c)
		}
	}
}
