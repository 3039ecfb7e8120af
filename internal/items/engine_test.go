package itemsource

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
	"pgregory.net/rapid"
)

// store is the same S3, as the engine sees it.
type store struct{}

func (store) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	o, err := objects.GetObject(bucket, key, nil)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		return nil, engine.ErrNoObject
	}
	if err != nil {
		return nil, err
	}
	return o.Contents, nil
}

func (store) List(_ context.Context, bucket, prefix string) iter.Seq2[engine.ObjectInfo, error] {
	return func(yield func(engine.ObjectInfo, error) bool) {
		list, err := objects.ListBucket(bucket, &gofakes3.Prefix{HasPrefix: true, Prefix: prefix}, gofakes3.ListBucketPage{})
		if err != nil {
			yield(engine.ObjectInfo{}, err)
			return
		}
		for _, o := range list.Contents {
			if !yield(engine.ObjectInfo{Key: o.Key, Size: o.Size, ETag: o.ETag, LastModified: o.LastModified.Time, StorageClass: "STANDARD"}, nil) {
				return
			}
		}
	}
}

func (store) Create(context.Context, string, string) (io.WriteCloser, error) {
	return nil, fmt.Errorf("got a result to write, expected none")
}

// readers are the ItemReader configurations of the formats.
var readers = map[Format]map[string]any{
	JSONL:     {"InputType": "JSONL"},
	JSON:      {"InputType": "JSON"},
	CSV:       {"InputType": "CSV"},
	Objects:   {},
	Inventory: {"InputType": "MANIFEST", "ManifestType": "S3_INVENTORY"},
}

// itemReader is the items that the engine's ItemReader finds in the same
// source, and whether it finds any end.
func itemReader(t rapid.TB, from Source) ([]any, bool) {
	t.Helper()
	config := map[string]any{"MaxItems": from.MaxItems}
	for name, v := range readers[from.Format] {
		config[name] = v
	}
	if from.Format == CSV {
		config["CSVHeaderLocation"] = "FIRST_ROW"
		if len(from.CSV.Headers) > 0 {
			config["CSVHeaderLocation"], config["CSVHeaders"] = "GIVEN", from.CSV.Headers
		}
		if from.CSV.Delimiter != "" {
			config["CSVDelimiter"] = from.CSV.Delimiter
		}
	}
	resource, arguments := "getObject", map[string]any{"Bucket": from.Bucket, "Key": from.Key}
	if from.Format == Objects {
		resource, arguments = "listObjectsV2", map[string]any{"Bucket": from.Bucket, "Prefix": from.Prefix}
	}
	definition, err := json.Marshal(map[string]any{"QueryLanguage": "JSONata", "StartAt": "Map", "States": map[string]any{"Map": map[string]any{
		"Type": "Map", "End": true,
		"ItemReader": map[string]any{"Resource": "arn:aws:states:::s3:" + resource, "ReaderConfig": config, "Arguments": arguments},
		"ItemProcessor": map[string]any{"ProcessorConfig": map[string]any{"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
			"StartAt": "Item", "States": map[string]any{"Item": map[string]any{"Type": "Pass", "End": true}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	machine, err := asl.Parse(definition)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(machine, engine.WithObjects(store{}), engine.WithClock(engine.VirtualClock(time.Unix(0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(context.Background(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != engine.Succeeded {
		if x.Error != "States.ItemReaderFailed" {
			t.Fatalf("got %s: %s, expected a reader that fails or none that does", x.Error, x.Cause)
		}
		return nil, false
	}
	list, err := value.Parse(x.Output)
	if err != nil {
		t.Fatal(err)
	}
	return list.([]any), true
}

// sameAsItemReader compares what is read here with what the engine reads, but
// for what is stricter here: the engine does not look at what stands after an
// array, and has a byte order mark in a quoted header or a given one's field.
func sameAsItemReader(t rapid.TB, from Source, content []byte) {
	t.Helper()
	reader := from
	if unmarked, marked := bytes.CutPrefix(content, []byte(byteOrderMark)); marked && from.Format == CSV {
		reader.Key = "unmarked"
		put(t, bucket, reader.Key, unmarked)
	}
	expected, good := itemReader(t, reader)
	got := []any{}
	for item, err := range Read(context.Background(), from) {
		if err != nil {
			if strings.Contains(err.Error(), "expected nothing after the array of items") {
				break
			}
			if good {
				t.Fatalf("%+v of %q: got error %v, expected %d items: %s", from, content, err, len(expected), value.Text(expected))
			}
			return
		}
		if !jsontext.Value(item).IsValid() { // with its strict rules: names once, and UTF-8
			t.Fatalf("%+v of %q: got item %q, expected JSON", from, content, item)
		}
		v, err := value.Parse(item)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if !good {
		t.Fatalf("%+v of %q: got %s, expected an error", from, content, value.Text(got))
	}
	// The text tells the order of members, too.
	if !value.Equal(got, expected) || value.Text(got) != value.Text(expected) {
		t.Fatalf("%+v of %q: got %s, expected %s", from, content, value.Text(got), value.Text(expected))
	}
}

// parts are what texts are drawn from, besides what is right in them.
var parts = map[Format][]string{
	JSONL: {"{", "}", "[", "]", ",", ":", `"`, `"a"`, `"b"`, `\u00e9`, `\ud800`, `\n`, "\n", "\r\n", " ", "\t", "0", "1", "-", ".5", "e9", "1e400", "12345678901234567890", "true", "null", "nul", "\uFEFF", "é", "\xff", "\x00", "\u2028", "<"},
	CSV:   {",", "|", ";", " ", "\t", `"`, `""`, "a", "b", "é", "\n", "\r", "\r\n", "\n\n", "\uFEFF", "\xff", "\xfe", "\x00", "#", `\`, "<", "{\"a\": 1}"},
}

// anyJSON is a value, in which names come twice and bytes are not UTF-8.
func anyJSON(t *rapid.T, depth int) string {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	separator := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n", "\r\n\t"}).Draw(t, "space") }
	name := func() string {
		return rapid.SampledFrom([]string{`"a"`, `"b"`, `"\u0061"`, `""`, "\"\xff\"", "\"\xfe\"", `"é"`, `"\ud800"`, `"<"`}).Draw(t, "text")
	}
	var members []string
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "literal")
	case 1:
		return rapid.SampledFrom([]string{"0", "-0", "1.50", "1e5", "-1E-7", "1e400", "9007199254740993", "0.1000000000000000000001"}).Draw(t, "number")
	case 2, 3:
		return name()
	case 4:
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			members = append(members, separator()+anyJSON(t, depth-1)+separator())
		}
		return "[" + strings.Join(members, ",") + "]"
	}
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		members = append(members, separator()+name()+separator()+":"+anyJSON(t, depth-1)+separator())
	}
	return "{" + strings.Join(members, ",") + "}"
}

func TestTheItemsAreThoseOfAnItemReader(t *testing.T) {
	random := func(t *rapid.T, format Format) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts[format]), 0, 30).Draw(t, "parts"), "")
	}
	formats := map[string]struct {
		format  Format
		content func(t *rapid.T) string
	}{
		"odd JSONL": {JSONL, func(t *rapid.T) string { return random(t, JSONL) }},
		"odd JSON":  {JSON, func(t *rapid.T) string { return "[" + random(t, JSONL) }},
		"odd CSV": {CSV, func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "", "\uFEFF"}).Draw(t, "mark") + random(t, CSV)
		}},
		"JSONL": {JSONL, func(t *rapid.T) (text string) {
			for range rapid.IntRange(0, 5).Draw(t, "lines") {
				text += anyJSON(t, 3) + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n", " "}).Draw(t, "end")
			}
			return text
		}},
		"JSON": {JSON, func(t *rapid.T) string {
			return anyJSON(t, 4) + rapid.SampledFrom([]string{"", "\n", " x"}).Draw(t, "end")
		}},
	}
	for name, f := range formats {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				from := Source{Format: f.format, Bucket: bucket, Key: "drawn", MaxItems: rapid.Int64Range(0, 4).Draw(t, "maxItems")}
				if f.format == CSV {
					from.CSV.Headers = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "é"}), 0, rapid.SampledFrom([]int{0, 4}).Draw(t, "most")).Draw(t, "headers")
					from.CSV.Delimiter = rapid.SampledFrom([]string{"", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"}).Draw(t, "delimiter")
				}
				content := []byte(f.content(t))
				if bytes.HasPrefix(content, []byte(byteOrderMark+byteOrderMark)) {
					t.Skip("the second mark is text")
				}
				if _, err := objects.PutObject(bucket, "drawn", map[string]string{}, bytes.NewReader(content), int64(len(content)), nil); err != nil {
					t.Fatal(err)
				}
				sameAsItemReader(t, from, content)
			})
		})
	}
}

func TestListsAreThoseOfAnItemReader(t *testing.T) {
	for _, key := range []string{"same/", "same/b", "same/a/b", "same/<é& +%20", "same/a", "same"} {
		put(t, bucket, key, []byte(key))
	}
	for _, from := range []Source{
		{Format: Objects, Bucket: bucket, Prefix: "same"},
		{Format: Objects, Bucket: bucket, Prefix: "same/a", MaxItems: 1},
		{Format: Objects, Bucket: bucket, Prefix: "nothing"},
	} {
		sameAsItemReader(t, from, nil)
	}
	rapid.Check(t, func(t *rapid.T) {
		var zipped [][]byte
		for range rapid.IntRange(0, 3).Draw(t, "files") {
			var file bytes.Buffer
			w := gzip.NewWriter(&file)
			_, _ = io.WriteString(w, strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"\"x\",\"a\",\"1\"\n", "x,b,\n", "x,\"c\nd\",3,4\n", "x\n", "\n", `"x"y` + "\n", "\xff,é,\n"}), 0, 3).Draw(t, "rows"), ""))
			_ = w.Close()
			content := file.Bytes()
			zipped = append(zipped, content[:len(content)-rapid.SampledFrom([]int{0, 0, 0, 0, 0, 3, 12}).Draw(t, "cut")])
		}
		from := inventory(t, "drawn", zipped...)
		from.MaxItems = rapid.Int64Range(0, 4).Draw(t, "maxItems")
		sameAsItemReader(t, from, slices.Concat(zipped...))
	})
}
