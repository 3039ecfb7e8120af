package job_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/mapjob/mapjob/job"
)

// manyOutcomes stores the results of a Map Run, n lines.
func manyOutcomes(tb testing.TB, prefix string, n int) {
	var lines bytes.Buffer
	for i := range n {
		fmt.Fprintf(&lines, `{"index":%d,"status":"SUCCEEDED","output":{"n":%d},"startedAt":%d,"ms":12}`+"\n", i, i, 1_793_498_400_000+i)
	}
	manifest := fmt.Sprintf(`{"DestinationBucket": "results", "ResultFiles": {"SUCCEEDED": [{"Key": "%s/lines"}], "FAILED": [], "PENDING": []}}`, prefix)
	for key, text := range map[string][]byte{"/lines": lines.Bytes(), "/manifest.json": []byte(manifest)} {
		if _, err := objects.PutObject(bucket, prefix+key, map[string]string{}, bytes.NewReader(text), int64(len(text)), nil); err != nil {
			tb.Fatal(err)
		}
	}
}

// The memory of a summary grows by two bits an item: at the end of many results
// about as much is in use as at the beginning. The test is not parallel, because
// the memory is that of the process.
func TestASummaryTakesTheSameMemoryForManyResults(t *testing.T) {
	const n = 200_000
	manyOutcomes(t, "flat", n)
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early, late uint64
	seen := 0
	invoke(t, summarize(func(_ context.Context, s *job.Summary) error {
		for range s.Results() {
			switch seen++; seen {
			case n / 10:
				early = inUse()
			case n - n/10:
				late = inUse()
			}
		}
		return nil
	}, overNetwork(t)), request("flat", `{"bucket": "results", "manifest": "flat/manifest.json"}`, n))
	if grown := int64(late) - int64(early); seen != n || grown > 2<<20 {
		t.Errorf("got %d bytes more after %d results, expected less than 2 MiB after %d", grown, seen, n)
	}
}
