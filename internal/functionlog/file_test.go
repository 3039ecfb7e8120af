package functionlog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/mapjob/mapjob/internal/functionlog"
)

// writeLog writes n lines, each tenth about a failed item.
func writeLog(t *testing.T, n int) functionlog.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "Worker.log")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(file)
	for i := range n {
		if i%10 == 0 {
			fmt.Fprintf(out, `{"message":"item failed","error":"NoPrice","execution":"x","requestId":"r%d","index":%d}`+"\n", i/100, i)
		} else {
			fmt.Fprintf(out, "print %d of a worker that says a lot about what it does while it does it\n", i)
		}
	}
	if err := errors.Join(out.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return functionlog.File(name)
}

func TestALogOfAnySizeTakesTheSameMemory(t *testing.T) {
	log := writeLog(t, 500_000)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	lines, most := 0, uint64(0)
	if err := log.Search(t.Context(), &functionlog.Query{Execution: "x"}, func(*functionlog.Line) error {
		if lines++; lines%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if lines != 50_000 {
		t.Errorf("got %d lines, expected 50,000", lines)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("got %d bytes more in use, expected no more than a buffer", grown)
	}
}

func TestLinesWithARequestID(t *testing.T) {
	log := writeLog(t, 1000)
	lines := 0
	if err := log.Invocation(t.Context(), nil, "r7", func(l *functionlog.Line) error {
		if lines++; l.Log != log.Name() || *l.Index < 700 || *l.Index > 799 {
			t.Errorf("got %+v, expected a line of the invocation r7", l)
		}
		return nil
	}); err != nil || lines != 10 {
		t.Errorf("got %d lines and error %v, expected 10", lines, err)
	}
}

func TestAReaderOfALogCanBeStopped(t *testing.T) {
	log := writeLog(t, 100_000)
	ctx, stop := context.WithCancel(t.Context())
	lines := 0
	err := log.Search(ctx, &functionlog.Query{Execution: "x"}, func(*functionlog.Line) error {
		stop()
		lines++
		return nil
	})
	if !errors.Is(err, context.Canceled) || lines > 1000 {
		t.Errorf("got error %v after %d lines, expected that it ends soon", err, lines)
	}
}

// Lines that do not name their invocation are found by what stands beside them, also
// those of processes that wrote at the same time, and after a run went on.
func TestPrintsOfAnInvocation(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Worker.log")
	for range 2 {
		w, err := functionlog.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.WriteOf("", []byte("loading\n"))
		w.WriteOf("r1", []byte("first of r1\n"))
		w.WriteOf("r1", []byte("  second of r1\n"))
		w.WriteOf("r2", []byte("first of r2\r\n"))
		w.WriteOf("r1", []byte("third of r1\n"))
		w.WriteOf("r1", []byte(`{"requestId":"r1"}`+"\n"))
		w.WriteOf("r1", []byte("last of r1\n"))
		if _, err := w.Write([]byte("INIT_REPORT\n")); err != nil {
			t.Fatal(err)
		}
		w.WriteOf("r2", []byte("last of r2\n"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for request, expected := range map[string][]string{
		"r1": {"first of r1", "  second of r1", "third of r1", `{"requestId":"r1"}`, "last of r1"},
		"r2": {"first of r2", "last of r2"},
		"r3": nil,
	} {
		var got []string
		if err := functionlog.File(name).Invocation(t.Context(), nil, request, func(l *functionlog.Line) error {
			got = append(got, l.Text)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if expected := append(expected, expected...); !slices.Equal(got, expected) {
			t.Errorf("%s: got %q, expected %q", request, got, expected)
		}
	}
}
