//go:build linux

package lambdahost_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
)

const megabyte = 1 << 20

// allocate is an event of the test function: it uses so much memory for a while.
func allocate(do string, megabytes int, hold time.Duration) string {
	return fmt.Sprintf(`{"do":%q,"bytes":%d,"millis":%d}`, do, megabytes*megabyte, hold.Milliseconds())
}

func TestFunctionOverItsMemoryIsKilled(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{
		"its own":               allocate("memory", 300, 20*time.Second),
		"slightly more":         allocate("memory", 140, 20*time.Second),
		"its child's":           allocate("child's memory", 300, 20*time.Second),
		"its and its child's":   allocate("memory", 80, 0) + "\n" + allocate("child's memory", 80, 20*time.Second),
		"in a later invocation": allocate("memory", 60, 0) + "\n" + allocate("memory", 160, 20*time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := newHost(t, lambdahost.WithLogs(func(string) io.Writer { return &log }))
			add(t, h, func(f *lambdahost.Function) { f.MemoryMB = 128 })
			payloads := strings.Split(payload, "\n")
			last := len(payloads) - 1
			before := succeed[int](t, h, `{"do":"pid"}`)
			for _, fits := range payloads[:last] {
				succeed[int](t, h, fits)
			}
			got, response := fail(t, h, payloads[last])
			if want := "RequestId: " + response.RequestID + " Error: Runtime exited with error: signal: killed"; got.Type != "Runtime.OutOfMemory" || got.Message != want {
				t.Errorf("got %+v, expected Runtime.OutOfMemory and %q", got, want)
			}
			if response.Duration > 10*time.Second {
				t.Errorf("it was killed after %s, expected at once", response.Duration)
			}
			if after := succeed[int](t, h, `{"do":"pid"}`); after == before {
				t.Error("the next invocation has the same process, expected a new one")
			}
			if err := h.Close(); err != nil { // nothing writes to the log from now on
				t.Fatal(err)
			}
			begin, end := "RequestId: "+response.RequestID+" Error: Runtime.OutOfMemory: got ", "expected at most the MemorySize of 128 MB: raise MemorySize, or let the function use less\n"
			if text := log.String(); !strings.HasPrefix(text, begin) || !strings.HasSuffix(text, end) {
				t.Errorf("got log %q, expected %q … %q", text, begin, end)
			}
		})
	}
}

func TestFunctionWithinItsMemoryIsNotKilled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 300*megabyte), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		size    int
		payload string
	}{
		"most of it":                {128, allocate("memory", 110, 400*time.Millisecond)},
		"a child that fits":         {128, allocate("child's memory", 80, 400*time.Millisecond)},
		"both fit":                  {256, allocate("memory", 110, 0) + "\n" + allocate("child's memory", 110, 400*time.Millisecond)},
		"pages of a file":           {128, fmt.Sprintf(`{"do":"file memory","file":%q,"millis":400}`, file)},
		"many children, one by one": {128, strings.TrimSuffix(strings.Repeat(allocate("child's memory", 1, 20*time.Millisecond)+"\n", 50), "\n")},
		"children of a large one":   {128, allocate("memory", 90, 0) + "\n" + strings.TrimSuffix(strings.Repeat(allocate("child's memory", 1, 20*time.Millisecond)+"\n", 50), "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			add(t, h, func(f *lambdahost.Function) { f.MemoryMB = c.size })
			before := succeed[int](t, h, `{"do":"pid"}`)
			for payload := range strings.SplitSeq(c.payload, "\n") {
				succeed[int](t, h, payload)
			}
			if after := succeed[int](t, h, `{"do":"pid"}`); after != before {
				t.Errorf("got process %d, then %d, expected the same", before, after)
			}
		})
	}
}

func TestInitializationOverItsMemoryIsKilledTwice(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHost(t, lambdahost.WithLogs(func(string) io.Writer { return &log }))
	add(t, h, func(f *lambdahost.Function) {
		f.Env = map[string]string{"INIT": "memory", "BYTES": strconv.Itoa(300 * megabyte)}
	})
	got, response := fail(t, h, `{}`)
	if want := "RequestId: " + response.RequestID + " Error: Runtime exited with error: signal: killed"; got.Type != "Runtime.OutOfMemory" || got.Message != want {
		t.Errorf("got %+v, expected Runtime.OutOfMemory and %q", got, want)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Phase: init\tStatus: error\tError Type: Runtime.OutOfMemory\n", "Phase: invoke\tStatus: error\tError Type: Runtime.OutOfMemory\n"} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("got log %q, expected %q in it", log.String(), line)
		}
	}
}

// TestMemoryIsWatchedAfterARest lets the measurements stop, which they do without
// invocations.
func TestMemoryIsWatchedAfterARest(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	for range 2 {
		succeed[int](t, h, `{"do":"pid"}`)
		time.Sleep(1500 * time.Millisecond)
		if got, _ := fail(t, h, allocate("memory", 300, 20*time.Second)); got.Type != "Runtime.OutOfMemory" {
			t.Errorf("got %+v, expected Runtime.OutOfMemory", got)
		}
	}
}

func TestReportSaysHowMuchMemoryWasUsed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, nil)
	for _, c := range []struct {
		payload     string
		least, most int
		end         string
	}{
		{allocate("memory", 50, 0), 50, 80, ""},
		{allocate("memory", 300, 20*time.Second), 128, 128, "\tStatus: error\tError Type: Runtime.OutOfMemory"},
	} {
		response, _ := call(t, h, invocations, c.payload, map[string]string{"X-Amz-Log-Type": "Tail"})
		tail, err := base64.StdEncoding.DecodeString(response.Header.Get("X-Amz-Log-Result"))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`REPORT .*\tMemory Size: 128 MB\tMax Memory Used: (\d+) MB(\tInit Duration: [^\t]* ms)?(.*)\n$`).FindSubmatch(tail)
		if found == nil {
			t.Fatalf("%s: got log %q, expected a REPORT with Max Memory Used", c.payload, tail)
		}
		if used, _ := strconv.Atoi(string(found[1])); used < c.least || used > c.most || string(found[3]) != c.end {
			t.Errorf("%s: got %d MB and %q, expected %d to %d MB and %q", c.payload, used, found[3], c.least, c.most, c.end)
		}
	}
}

func TestStatsHaveTheMostMemoryOfAProcess(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	add(t, h, func(f *lambdahost.Function) { f.MemoryMB = 256 })
	if got := h.Stats("worker").MostMemory; got != 0 {
		t.Errorf("got %d MB before the first invocation, expected 0", got)
	}
	for _, megabytes := range []int{100, 50} {
		succeed[any](t, h, allocate("memory", megabytes, 0))
	}
	if got := h.Stats("worker").MostMemory; got < 100 || got > 130 {
		t.Errorf("got %d MB, expected 100 to 130", got)
	}
}
