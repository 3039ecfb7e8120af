package chunker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// startRequest is what the state machine asks its job start for.
func startRequest(source, folder string, chunkSize int) []byte {
	return fmt.Appendf(nil, `{"job": {"name": "nightly", "startedAt": "2026-11-01T02:00:00Z"}, "execution": "arn:x", "input": %s,
		"items": {"bucket": "results", "key": "%s/items.jsonl"}, "chunkSize": %d}`, source, folder, chunkSize)
}

func stored(t *testing.T, key string) string {
	t.Helper()
	o, err := objects.GetObject("results", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Contents.Close()
	text, err := io.ReadAll(o.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAJobStartStoresTheItemsInChunks(t *testing.T) {
	var rows, expected strings.Builder
	rows.WriteString("id,name\n")
	for i := range 25 {
		fmt.Fprintf(&rows, "%d,\"n, %d\"\n", i, i)
		fmt.Fprintf(&expected, `{"id":"%d","name":"n, %d"}`+"\n", i, i)
	}
	put(t, bucket, "start/rows.csv", []byte(rows.String()))
	answer, err := jobtest.Call{}.Invoke(job.Start(in(s3object.New(nil))), startRequest(`{"format": "CSV", "bucket": "in", "key": "start/rows.csv"}`, "start", 10))
	if err != nil || string(answer) != `{"items":{"bucket":"results","key":"start/items.jsonl","count":25,"chunked":true}}` {
		t.Fatalf("got %s and error %v, expected the address of 25 items in chunks", answer, err)
	}
	var items strings.Builder
	var counts []int
	for line := range strings.Lines(stored(t, "start/items.jsonl")) {
		var chunk struct {
			Bucket, Key  string
			First, Count int
		}
		if err := json.Unmarshal([]byte(line), &chunk); err != nil {
			t.Fatal(err)
		}
		text := stored(t, chunk.Key)
		if chunk.Bucket != "results" || chunk.First != strings.Count(items.String(), "\n") || chunk.Count != strings.Count(text, "\n") {
			t.Errorf("got the chunk %s with %d items after %d, expected what it says", line, strings.Count(text, "\n"), strings.Count(items.String(), "\n"))
		}
		counts = append(counts, chunk.Count)
		items.WriteString(text)
	}
	if items.String() != expected.String() || fmt.Sprint(counts) != "[10 10 5]" {
		t.Errorf("got the items %s in chunks of %d, expected %s in chunks of 10, 10 and 5", items.String(), counts, expected.String())
	}
}

func TestAJobStartRefusesByName(t *testing.T) {
	put(t, bucket, "refuse/bad.jsonl", []byte("1\n2\n{\n"))
	for source, expected := range map[string]messages.InvokeResponse_Error{
		`{"format": "XML", "bucket": "in", "key": "k"}`:                    {Type: protocol.ErrorInvalidInput, Message: `after 0 items: the source of the items: format: got "XML", expected`},
		`{"format": "CSV", "bucket": "in", "key": "k", "maxItem": 1}`:      {Type: protocol.ErrorInvalidInput, Message: `unknown field "maxItem"`},
		`{"format": "CSV", "bucket": "in", "key": "none"}`:                 {Type: "NoSuchKey", Message: "after 0 items: s3://in/none: got no such object"},
		`{"format": "JSONL", "bucket": "in", "key": "refuse/bad.jsonl"}`:   {Type: protocol.ErrorItemReaderFailed, Message: "after 2 items: s3://in/refuse/bad.jsonl: line 3: got { ("},
		`{"format": "OBJECTS", "bucket": "nowhere", "prefix": "anywhere"}`: {Type: "NoSuchBucket", Message: "after 0 items: s3://nowhere/anywhere: got no such bucket"},
	} {
		answer, err := jobtest.Call{}.Invoke(job.Start(in(s3object.New(nil))), startRequest(source, "refuse", 1))
		got, ok := errors.AsType[messages.InvokeResponse_Error](err)
		if !ok || got.Type != expected.Type || !strings.Contains(got.Message, expected.Message) {
			t.Errorf("%s: got %s and error %v, expected %s: %s", source, answer, err, expected.Type, expected.Message)
		}
		if _, err := objects.HeadObject("results", "refuse/items.jsonl"); err == nil {
			t.Errorf("%s: got addresses of items, expected none", source)
		}
	}
}

// many is an object of n items in a format. Of 200,000 it is longer than an
// item may be.
func many(t testing.TB, format string, n int) Source {
	note := strings.Repeat("as agreed, ", 8)
	var text bytes.Buffer
	key := "many/" + format
	switch format {
	case protocol.FormatCSV:
		text.WriteString("id,customer,amount,note\n")
	case protocol.FormatJSON:
		text.WriteByte('[')
	}
	for i := range n {
		switch format {
		case protocol.FormatJSONLines:
			fmt.Fprintf(&text, `{"id":%d,"customer":"C-%d","amount":12.50,"note":"%s"}`+"\n", i, i%1000, note)
		case protocol.FormatJSON:
			if i > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, `{"id":%d,"customer":"C-%d","amount":12.50,"note":"%s"}`, i, i%1000, note)
		case protocol.FormatCSV:
			fmt.Fprintf(&text, "%d,C-%d,12.50,\"%s\"\n", i, i%1000, note)
		case protocol.FormatInventory:
			fmt.Fprintf(&text, "%d,C-%d,\"%s\"\n", i, i%1000, note)
		}
	}
	if format == protocol.FormatJSON {
		text.WriteByte(']')
	}
	if format == protocol.FormatInventory {
		return inventory(t, key, zip(t, text.String()))
	}
	put(t, bucket, key, text.Bytes())
	return Source{Format: format, Bucket: bucket, Key: key}
}

// What is in use in the middle of many items is what is in use in the
// beginning.
func TestManyItemsTakeNoMoreMemoryThanFew(t *testing.T) {
	const n = 200_000
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for _, format := range []string{protocol.FormatJSONLines, protocol.FormatJSON, protocol.FormatCSV, protocol.FormatInventory} {
		t.Run(format, func(t *testing.T) {
			from := many(t, format, n)
			var early, late uint64
			seen := 0
			for _, err := range in(s3object.New(nil))(t.Context(), from) {
				if err != nil {
					t.Fatal(err)
				}
				switch seen++; seen {
				case n / 10:
					early = inUse()
				case n - n/10:
					late = inUse()
				}
			}
			if grown := int64(late) - int64(early); seen != n || grown > 1<<20 {
				t.Errorf("got %d bytes more after %d items, expected less than 1 MiB after %d", grown, seen, n)
			}
		})
	}
}
