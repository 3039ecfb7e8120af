package chunker

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/job"
)

// connections are those over which an object is read.
type connections struct {
	content []byte
	// breaks is after how many bytes each of the first ends; -1: not before
	// its content does.
	breaks []int
	// change has the object replaced after the first connection.
	change bool
	// header goes with every answer.
	header map[string]string
	// ignoreRange answers with the whole object every time.
	ignoreRange bool

	asked []string // range and If-Match of each request
}

func (c *connections) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked = append(c.asked, strings.TrimSpace(r.Header.Get("Range")+" "+r.Header.Get("If-Match")))
	etag := `"one"`
	if c.change && len(c.asked) > 1 {
		etag = `"two"`
	}
	if match := r.Header.Get("If-Match"); match != "" && match != etag {
		w.WriteHeader(http.StatusPreconditionFailed)
		fmt.Fprint(w, `<Error><Code>PreconditionFailed</Code><Message>it is another</Message></Error>`)
		return
	}
	content, status := c.content, http.StatusOK
	if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && !c.ignoreRange {
		first, err := strconv.Atoi(strings.TrimSuffix(from, "-"))
		if err != nil || first >= len(content) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, len(content)-1, len(content)))
		content, status = content[first:], http.StatusPartialContent
	}
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	for name, v := range c.header {
		w.Header().Set(name, v)
	}
	w.WriteHeader(status)
	if at := len(c.asked) - 1; at < len(c.breaks) && c.breaks[at] >= 0 {
		_, _ = w.Write(content[:min(c.breaks[at], len(content))])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(content)
}

// numbered are n lines.
func numbered(n int) []byte {
	var lines []byte
	for i := range n {
		lines = fmt.Appendf(lines, "%d\n", i)
	}
	return lines
}

func TestABrokenConnectionIsTakenUpWhereItEnded(t *testing.T) {
	content := numbered(100_000)
	for name, breaks := range map[string][]int{
		"once":              {1_001},
		"in the beginning":  {0},
		"before the end":    {len(content) - 1},
		"again and again":   {100_000, 1, 0, 0, 0, 0, 200_000, 0, 0, 0, 0, 65_536},
		"between two lines": {2, 2, 2, 20},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &connections{content: content, breaks: breaks}
			serve(t, c.ServeHTTP)
			got, err := all(Source{Format: protocol.FormatJSONLines, Bucket: bucket, Key: "k"})
			if err != nil || got != string(content) {
				t.Fatalf("%s: got %d bytes and error %v, expected %d", name, len(got), err, len(content))
			}
			if len(c.asked) != len(breaks)+1 {
				t.Errorf("%s: got %d connections, expected %d", name, len(c.asked), len(breaks)+1)
			}
			at := 0
			for i, broken := range breaks {
				at += broken
				if expected := fmt.Sprintf(`bytes=%d- "one"`, at); c.asked[i+1] != expected {
					t.Errorf("%s: got the request %s, expected %s", name, c.asked[i+1], expected)
				}
			}
		})
	}
}

func TestAnObjectThatIsNotWholeIsAnError(t *testing.T) {
	zeros := make([]int, 100)
	for name, c := range map[string]struct {
		connections
		error    string
		expected string
	}{
		"broken for good": {connections{breaks: append([]int{10}, zeros...)}, protocol.ErrorItemReaderFailed, "got 6 connections in a row that ended after 10 bytes (unexpected EOF), expected 3890 bytes"},
		"replaced":        {connections{breaks: []int{100}, change: true}, protocol.ErrorSourceChanged, `got another object in its place, or none, after 100 of 3890 bytes, expected the one with the ETag "one"`},
		"no ranges":       {connections{breaks: []int{100}, ignoreRange: true}, protocol.ErrorItemReaderFailed, `got the range "", expected bytes=100-`},
		"damaged":         {connections{header: map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}}, protocol.ErrorItemReaderFailed, "checksum did not match"},
		"of any length":   {connections{header: map[string]string{"Content-Length": "", "Transfer-Encoding": "chunked"}}, protocol.ErrorItemReaderFailed, "got an answer without a Content-Length"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c.content = numbered(1_000)
			serve(t, func(w http.ResponseWriter, r *http.Request) { c.ServeHTTP(w, r) })
			got, err := all(Source{Format: protocol.FormatJSONLines, Bucket: bucket, Key: "k"})
			if job.NameOf(err) != c.error || !strings.Contains(err.Error(), "s3://in/k: ") || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("%s: got %d bytes and error %v, expected %s: %s", name, len(got), err, c.error, c.expected)
			}
		})
	}
}

func TestADamagedObjectIsAnErrorInEachFormat(t *testing.T) {
	for format, content := range map[string]string{protocol.FormatJSONLines: "1\n2\n", protocol.FormatJSON: "[1, 2]" + strings.Repeat(" ", 1<<20), protocol.FormatCSV: "a\n1\n2\n"} {
		c := &connections{content: []byte(content), header: map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}}
		serve(t, c.ServeHTTP)
		got, err := all(Source{Format: format, Bucket: bucket, Key: "k"})
		if strings.Count(got, "\n") > 2 || job.NameOf(err) != protocol.ErrorItemReaderFailed || !strings.Contains(err.Error(), "checksum did not match") {
			t.Errorf("%s: got %q and error %v, expected at most two items and an error", format, got, err)
		}
	}
}

// Wherever an object breaks off, and whatever is read of it, its beginning is
// not taken for all of it.
func TestNoFormatTakesABeginningForAllOfIt(t *testing.T) {
	for format, content := range map[string][]byte{
		protocol.FormatJSONLines: []byte("1\n22\n\n{\"a\": 3}\n"),
		protocol.FormatJSON:      []byte("[1, 22, {\"a\": 3}]"),
		protocol.FormatCSV:       []byte("a,b\n1,\"2\n3\"\n\n4,\"5\"\n"),
		protocol.FormatInventory: zip(t, "x,y,1\nx,y,22\n"),
	} {
		from := Source{Format: format, Bucket: bucket, Key: "k"}
		if format == protocol.FormatInventory {
			from = inventory(t, "breaks", content)
		}
		for at := range content {
			c := &connections{content: content, breaks: []int{at, 0, 0, 0, 0, 0}}
			serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "manifest.json") {
					fakeServer.ServeHTTP(w, r)
					return
				}
				c.ServeHTTP(w, r)
			})
			synctest.Test(t, func(t *testing.T) {
				if got, err := all(from); job.NameOf(err) != protocol.ErrorItemReaderFailed || !strings.Contains(err.Error(), fmt.Sprintf("ended after %d bytes", at)) {
					t.Errorf("%s that breaks off after %d of %d bytes: got %q and error %v, expected where it broke", format, at, len(content), got, err)
				}
			})
		}
	}
}

func TestAnObjectThatMayNotBeReadIsNamed(t *testing.T) {
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
	})
	for _, from := range []Source{{Format: protocol.FormatCSV, Bucket: bucket, Key: "k"}, {Format: protocol.FormatObjects, Bucket: bucket, Prefix: "k"}} {
		_, err := all(from)
		if job.NameOf(err) != "AccessDenied" || !strings.HasPrefix(err.Error(), "s3://in/k: got no access, expected a role that may read it") {
			t.Errorf("got %v, named %s, expected AccessDenied", err, job.NameOf(err))
		}
	}
}
