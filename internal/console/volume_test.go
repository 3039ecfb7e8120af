package console

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/protocol"
)

// disk is a store of files that counts the bytes that are read of them, and looks at the memory
// in use now and then.
type disk struct {
	folder string
	read   atomic.Int64
	most   atomic.Uint64 // bytes of the heap in use
}

func (d *disk) Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error) {
	return d.OpenAt(ctx, at, 0)
}

func (d *disk) OpenAt(_ context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(d.folder, filepath.Base(at.Key)))
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(bytes, io.SeekStart); err != nil {
		return nil, err
	}
	return &reading{file, d}, nil
}

func (*disk) Keys(context.Context, protocol.Folder) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", os.ErrPermission) }
}

func (d *disk) Create(context.Context, protocol.Object, map[string]string, io.Reader) error {
	return os.ErrPermission
}

type reading struct {
	*os.File
	of *disk
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	if before := r.of.read.Add(int64(n)); before>>22 != (before-int64(n))>>22 { // each 4 MiB
		r.of.look()
	}
	return n, err
}

// look notes how much memory is in use.
func (d *disk) look() {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	d.most.Store(max(d.most.Load(), now.HeapAlloc))
}

// large is an account whose objects are files.
type large struct {
	*account
	disk *disk
}

func (l *large) Execution(ctx context.Context, arn string) (*Opened, error) {
	x, err := l.account.Execution(ctx, arn)
	if err == nil {
		x.Service = &operate.Service{API: l.account, Store: l.disk, Region: "us-east-1"}
	}
	return x, err
}

// What the console keeps of a job, and what it reads for a page, do not grow with the job.
func TestManyFailedItemsTakeNoMemory(t *testing.T) {
	const items = 400_000
	d := &disk{folder: t.TempDir()}
	at := protocol.Folder{Bucket: "b", Prefix: "p"}.File(protocol.FailuresFile)
	for key, line := range map[string]string{
		at.Key:                    `{"order": "A-%07d", "customer": "Delta Tools", "lines": [1, 2, 3]}`,
		protocol.ErrorsOf(at).Key: `{"index":%d,"error":"Refused"}`,
	} {
		var text strings.Builder
		for i := range items {
			fmt.Fprintf(&text, line+"\n", i)
		}
		if err := os.WriteFile(filepath.Join(d.folder, filepath.Base(key)), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := newAccount(nil, nil)
	a.failed = items
	s := serveSource(t, &large{a, d}, Options{})
	d.look()
	before := d.most.Load()

	var failures struct{ Count int }
	s.get(t, of("/failures"), &failures)
	if failures.Count != items {
		t.Fatalf("got %d items, expected %d", failures.Count, items)
	}
	page := func(query string) (list itemList, read int64) {
		t.Helper()
		began := d.read.Load()
		s.get(t, of("/items?"+query), &list)
		return list, d.read.Load() - began
	}
	first, least := page("limit=100")
	seen, next := 0, ""
	for done := false; !done; seen++ {
		var list itemList
		list, _ = page("search=nothing+has+this&after=" + url.QueryEscape(next))
		next, done = list.Next, list.Done
		if done && list.Read != items {
			t.Errorf("got %d items searched, expected %d", list.Read, items)
		}
	}
	// The cursor before the last item leads to the last page.
	found, _ := page(fmt.Sprintf("search=A-%07d", items-1))
	for len(found.Items) == 0 && !found.Done {
		found, _ = page(fmt.Sprintf("search=A-%07d&after=%s", items-1, found.Next))
	}
	last, read := page("after=" + found.Items[0].At)
	if len(first.Items) != 100 || len(last.Items) != 1 || !last.Done || last.Read != items || last.Items[0].Index != items-1 {
		t.Errorf("got %d items of the first page and %d of the last, %d read, expected 100 and the last one", len(first.Items), len(last.Items), last.Read)
	}
	if read > least {
		t.Errorf("got %d bytes read for the last page, expected at most the %d of the first", read, least)
	}
	if status, _, text := s.ask(t, "POST", of("/plan"), "{}", nil); status != 200 || !strings.Contains(text, fmt.Sprintf(`"count":%d`, items)) {
		t.Errorf("got status %d and the plan %s, expected all items", status, text)
	}
	if grown := int64(d.most.Load()) - int64(before); grown > 4<<20 {
		t.Errorf("got %d bytes more in use than before, expected no more than buffers", grown)
	}
	t.Logf("%d bytes in use before and %d at most, %d bytes read in all, %d for the first page and %d for the last", before, d.most.Load(), d.read.Load(), least, read)
}
