package chunker

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/internal/s3object/s3fake"
	"github.com/mapjob/mapjob/job"
	"pgregory.net/rapid"
)

const bucket = "in"

var (
	objects = s3mem.New()
	// server is what S3 is in a test: it may do what S3 does once in a while.
	server     atomic.Pointer[http.Handler]
	fakeServer = gofakes3.New(objects, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
)

// inMemory is this S3, without a network in between.
func inMemory() *s3object.Store {
	return s3object.New(s3fake.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*server.Load()).ServeHTTP(w, r) })))
}

// TestMain gives the package an S3 in this process.
func TestMain(m *testing.M) {
	server.Store(&fakeServer)
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*server.Load()).ServeHTTP(w, r) }))
	for _, name := range []string{bucket, "results", "inventories"} {
		if err := objects.CreateBucket(name); err != nil {
			panic(err)
		}
	}
	for name, v := range map[string]string{
		"AWS_ENDPOINT_URL_S3": listening.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
	} {
		os.Setenv(name, v)
	}
	code := m.Run()
	listening.Close()
	os.Exit(code)
}

// serve has a handler be S3 until the test ends.
func serve(t *testing.T, h http.HandlerFunc) {
	t.Helper()
	var handler http.Handler = h
	server.Store(&handler)
	t.Cleanup(func() { server.Store(&fakeServer) })
}

func put(t rapid.TB, bucket, key string, content []byte) {
	t.Helper()
	if _, err := objects.PutObject(bucket, key, map[string]string{}, bytes.NewReader(content), int64(len(content)), nil); err != nil {
		t.Fatal(err)
	}
}

func zip(t rapid.TB, content string) []byte {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped.Bytes()
}

// all are the items of a source, one a line, and the error after them.
func all(from Source) (string, error) {
	var lines strings.Builder
	for item, err := range in(inMemory())(context.Background(), from) {
		if err != nil {
			return lines.String(), err
		}
		lines.Write(item)
		lines.WriteByte('\n')
	}
	return lines.String(), nil
}

func TestTheItemsOfASource(t *testing.T) {
	for name, c := range map[string]struct {
		source   string // without bucket and key
		content  string
		expected string
	}{
		"JSON Lines":                {`"format": "JSONL"`, "{\"n\": 1}\n[2]\n\"three\"\n", "{\"n\": 1}\n[2]\n\"three\"\n"},
		"empty lines":               {`"format": "JSONL"`, "\n1\r\n\r\n  \n2", "1\n2\n"},
		"no lines":                  {`"format": "JSONL"`, "", ""},
		"the first lines":           {`"format": "JSONL", "maxItems": 2`, "1\n2\nno JSON", "1\n2\n"},
		"more than there are":       {`"format": "JSONL", "maxItems": 3`, "1\n2\n", "1\n2\n"},
		"digits":                    {`"format": "JSONL"`, "1.50\n9007199254740993\n", "1.50\n9007199254740993\n"},
		"a name twice":              {`"format": "JSONL"`, `{"a": {"x": 1}, "b": [2, {"c": 1, "c": 2}, null, true, "\n"], "a": {"y": 3}}`, `{"a":{"y":3},"b":[2,{"c":2},null,true,"\n"]}` + "\n"},
		"half a surrogate":          {`"format": "JSONL"`, `"a\ud800b"`, "\"a\uFFFDb\"\n"},
		"a mark":                    {`"format": "JSONL"`, "\uFEFF1", "1\n"},
		"JSON":                      {`"format": "JSON"`, ` [1, {"a": [2]}, null] `, "1\n{\"a\": [2]}\nnull\n"},
		"an empty array":            {`"format": "JSON"`, `[]`, ""},
		"the first elements":        {`"format": "JSON", "maxItems": 1`, `[1, 2`, "1\n"},
		"CSV":                       {`"format": "CSV"`, "z,a\n1,\"x, \"\"y\"\"\n z\"\n<2>,é\n", `{"z":"1","a":"x, \"y\"\n z"}` + "\n" + `{"z":"<2>","a":"é"}` + "\n"},
		"CSV from a spreadsheet":    {`"format": "CSV", "csv": {"delimiter": "SEMICOLON"}`, "\uFEFFid;n\r\n1;2\r\n\r\n3;4\r\n", `{"id":"1","n":"2"}` + "\n" + `{"id":"3","n":"4"}` + "\n"},
		"a mark and quoted headers": {`"format": "CSV"`, "\uFEFF\"a\",\"b,c\"\n1,2\n", `{"a":"1","b,c":"2"}` + "\n"},
		"a mark and given headers":  {`"format": "CSV", "csv": {"headers": ["a"]}`, "\uFEFF\"x\"\"y\"\n2\n", `{"a":"x\"y"}` + "\n" + `{"a":"2"}` + "\n"},
		"a mark and nothing":        {`"format": "CSV"`, "\uFEFF", ""},
		"space after the array":     {`"format": "JSON"`, "[1]\r\n\t ", "1\n"},
		"too few and too many":      {`"format": "CSV"`, "a,b\n1\n1,2,3\n", `{"a":"1","b":""}` + "\n" + `{"a":"1","b":"2"}` + "\n"},
		"a quote inside":            {`"format": "CSV"`, "a,b\nx\"y,\"p\"q\"\n", `{"a":"x\"y","b":"p\"q"}` + "\n"},
		"headers only":              {`"format": "CSV"`, "a,b\n", ""},
		"nothing":                   {`"format": "CSV"`, "", ""},
		"headers that are given":    {`"format": "CSV", "csv": {"headers": ["b", "a"], "delimiter": "TAB"}`, "1\t2\n", `{"b":"1","a":"2"}` + "\n"},
		"pipes":                     {`"format": "CSV", "csv": {"delimiter": "PIPE"}`, "a|b\n1|2\n", `{"a":"1","b":"2"}` + "\n"},
		"spaces, and the first row": {`"format": "CSV", "csv": {"delimiter": "SPACE"}, "maxItems": 1`, "a b\n1 2\n3 4\n", `{"a":"1","b":"2"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			put(t, bucket, "table/"+name, []byte(c.content))
			var from Source
			if err := json.Unmarshal(fmt.Appendf(nil, `{%s, "bucket": "in", "key": "table/%s"}`, c.source, name), &from); err != nil {
				t.Fatal(err)
			}
			if got, err := all(from); err != nil || got != c.expected {
				t.Errorf("got %q and error %v, expected %q", got, err, c.expected)
			}
		})
	}
}

func TestTheObjectsOfABucketAreItems(t *testing.T) {
	for i := range 2_500 { // three pages
		put(t, bucket, fmt.Sprintf("list/%04d <&é.txt", i), fmt.Append(nil, i))
	}
	got, err := all(Source{Format: protocol.FormatObjects, Bucket: bucket, Prefix: "list/"})
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if err != nil || len(lines) != 2_500 {
		t.Fatalf("got %d items and error %v, expected 2500", len(lines), err)
	}
	for i, line := range lines {
		if expected := fmt.Sprintf(`"Key":"list/%04d <&é.txt","LastModified":`, i); !strings.Contains(line, expected) {
			t.Fatalf("got item %d %s, expected %s", i, line, expected)
		}
	}
	if got, err = all(Source{Format: protocol.FormatObjects, Bucket: bucket, Prefix: "list/", MaxItems: 1_001}); strings.Count(got, "\n") != 1_001 || err != nil {
		t.Errorf("got %d items and error %v, expected 1001", strings.Count(got, "\n"), err)
	}
	if got, err = all(Source{Format: protocol.FormatObjects, Bucket: bucket, Prefix: "none/"}); got != "" || err != nil {
		t.Errorf("got %q and error %v, expected no items", got, err)
	}
}

// The answer is S3's for keys that XML cannot hold (API reference,
// "ListObjectsV2", encoding-type).
func TestAnyKeyIsListed(t *testing.T) {
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("encoding-type") != "url" {
			t.Errorf("got the request %s, expected one for encoded keys", r.URL)
		}
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>
			<Contents><Key>a+b%01%2B/c%0A</Key><LastModified>2023-11-14T22:13:20.000Z</LastModified><ETag>"e"</ETag><Size>3</Size><StorageClass>GLACIER</StorageClass></Contents></ListBucketResult>`)
	})
	const expected = `{"Etag":"\"e\"","Key":"a b\u0001+/c\n","LastModified":1700000000,"Size":3,"StorageClass":"GLACIER"}` + "\n"
	if got, err := all(Source{Format: protocol.FormatObjects, Bucket: bucket}); got != expected || err != nil {
		t.Errorf("got %s and error %v, expected %s", got, err, expected)
	}
}

// inventory stores an inventory of these data files, and is its source.
func inventory(t rapid.TB, folder string, files ...[]byte) Source {
	t.Helper()
	var list []map[string]any
	for i, file := range files {
		key := fmt.Sprintf("%s/data/%d.csv.gz", folder, i)
		put(t, "inventories", key, file)
		list = append(list, map[string]any{"key": key, "size": len(file)})
	}
	text, err := json.Marshal(map[string]any{"sourceBucket": "x", "destinationBucket": "arn:aws:s3:::inventories", "version": "2016-11-30",
		"fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": list})
	if err != nil {
		t.Fatal(err)
	}
	put(t, bucket, folder+"/manifest.json", text)
	return Source{Format: protocol.FormatInventory, Bucket: bucket, Key: folder + "/manifest.json"}
}

func TestTheRowsOfAnInventoryAreItems(t *testing.T) {
	from := inventory(t, "inventory", zip(t, "\"x\",\"a%20b\",\"1\"\n"), zip(t, ""), zip(t, "\"x\",\"c\",\"3\"\n\"x\",\"d\",\"4\"\n"))
	const expected = `{"Bucket":"x","Key":"a%20b","Size":"1"}
{"Bucket":"x","Key":"c","Size":"3"}
{"Bucket":"x","Key":"d","Size":"4"}
`
	if got, err := all(from); got != expected || err != nil {
		t.Errorf("got %s and error %v, expected %s", got, err, expected)
	}
	from.MaxItems = 2
	if got, err := all(from); got+`{"Bucket":"x","Key":"d","Size":"4"}`+"\n" != expected || err != nil {
		t.Errorf("got %s and error %v, expected the first two", got, err)
	}
}

func TestWhatCannotBeReadIsRefusedByName(t *testing.T) {
	var keys atomic.Int32
	text := func(format string, content string) Source {
		key := fmt.Sprintf("bad/%d", keys.Add(1))
		put(t, bucket, key, []byte(content))
		return Source{Format: format, Bucket: bucket, Key: key}
	}
	zipped := zip(t, strings.Repeat("x,y,1\n", 1000))
	damaged := bytes.Clone(zipped)
	damaged[len(damaged)-5] ^= 1
	for name, c := range map[string]struct {
		from     Source
		error    string
		expected []string
	}{
		"no JSON":              {text(protocol.FormatJSONLines, "{\"n\": 1}\n\n2\n{n: 3}\n4"), protocol.ErrorItemReaderFailed, []string{"s3://in/bad/", "line 4: got {n: 3} (", "expected one JSON value in each line"}},
		"half a line":          {text(protocol.FormatJSONLines, "1\n{\"n\": "), protocol.ErrorItemReaderFailed, []string{"line 2: got {\"n\": (", "unexpected EOF"}},
		"two values in a line": {text(protocol.FormatJSONLines, "1 2"), protocol.ErrorItemReaderFailed, []string{"line 1: got 1 2 (text follows the JSON value"}},
		"no UTF-8":             {text(protocol.FormatJSONLines, "1\n\"a\xff\""), protocol.ErrorItemReaderFailed, []string{`line 2: got the byte 0xFF after "\"a", expected UTF-8`}},
		"a column twice":       {text(protocol.FormatCSV, "a,b,a\n1,2,3\n"), protocol.ErrorItemReaderFailed, []string{`line 1: got the header "a" twice`}},
		"a long bad line":      {text(protocol.FormatJSONLines, strings.Repeat("é", 200)), protocol.ErrorItemReaderFailed, []string{strings.Repeat("é", 40) + "… ("}},
		"an object":            {text(protocol.FormatJSON, "\n{\"a\": []}"), protocol.ErrorItemReaderFailed, []string{"line 2: got {\"a\": []}, expected an array of items"}},
		"no text":              {text(protocol.FormatJSON, ""), protocol.ErrorItemReaderFailed, []string{"line 1: got the end of the text, expected an array of items"}},
		"two arrays":           {text(protocol.FormatJSON, "[1]\n[2]"), protocol.ErrorItemReaderFailed, []string{"got [2], expected nothing after the array of items"}},
		"a bracket too many":   {text(protocol.FormatJSON, "[1]]"), protocol.ErrorItemReaderFailed, []string{"expected nothing after the array of items"}},
		"half an array":        {text(protocol.FormatJSON, "[1,\n2"), protocol.ErrorItemReaderFailed, []string{"line 2: got the end of the text, expected an array of items, to its end"}},
		"a comma too many":     {text(protocol.FormatJSON, "[1,\n2,\n]"), protocol.ErrorItemReaderFailed, []string{"line 3: got ] ("}},
		"a bad element":        {text(protocol.FormatJSON, "[1,\n2,\nx]"), protocol.ErrorItemReaderFailed, []string{"line 3: got x] ("}},
		"a quote never closed": {text(protocol.FormatCSV, "a,b\n1,2\n3,\"4\n"+strings.Repeat("5,6\n", 5<<20)), protocol.ErrorItemReaderFailed, []string{"got more than 16 MiB without the end of an item"}},
		"a line without end":   {text(protocol.FormatJSONLines, "[\""+strings.Repeat("x", 20<<20)), protocol.ErrorItemReaderFailed, []string{"line 1: got more than 16 MiB"}},
		"no manifest":          {text(protocol.FormatInventory, "x"), protocol.ErrorItemReaderFailed, []string{"expected the manifest.json of an S3 inventory"}},
		"another manifest":     {text(protocol.FormatInventory, `{"fileFormat": "CSV"}`), protocol.ErrorItemReaderFailed, []string{"got no files or no fileSchema"}},
		"a file without key":   {text(protocol.FormatInventory, `{"fileFormat": "CSV", "fileSchema": "Key", "files": [{"key": "a"}, {"size": 1}]}`), protocol.ErrorItemReaderFailed, []string{"got no key of file 2"}},
		"ORC":                  {text(protocol.FormatInventory, `{"fileFormat": "ORC", "fileSchema": "struct<bucket:string>", "files": []}`), protocol.ErrorItemReaderFailed, []string{`the format "ORC", expected CSV: choose CSV as the output format`}},
		"Parquet":              {text(protocol.FormatInventory, `{"fileFormat": "Parquet", "fileSchema": "message s3.inventory {}", "files": []}`), protocol.ErrorItemReaderFailed, []string{`the format "Parquet", expected CSV`}},
		"a file not zipped":    {inventory(t, "bad1", zip(t, "x,y,1\n"), []byte("this is no gzip file\n")), protocol.ErrorItemReaderFailed, []string{"s3://inventories/bad1/data/1.csv.gz: got gzip: invalid header"}},
		"a damaged file":       {inventory(t, "bad2", damaged), protocol.ErrorItemReaderFailed, []string{"s3://inventories/bad2/data/0.csv.gz: got gzip: invalid checksum"}},
		"half a file":          {inventory(t, "bad3", zipped[:len(zipped)-9]), protocol.ErrorItemReaderFailed, []string{"s3://inventories/bad3/data/0.csv.gz: got unexpected EOF"}},
		"an odd row":           {inventory(t, "bad4", zip(t, "x,y,1\nx,y\n")), protocol.ErrorItemReaderFailed, []string{"s3://inventories/bad4/data/0.csv.gz: line 2: got a row with 2 fields, expected 3"}},
		"a file gone":          {text(protocol.FormatInventory, `{"fileFormat": "CSV", "fileSchema": "Key", "files": [{"key": "gone"}]}`), "NoSuchKey", []string{"s3://in/gone: got no such object"}},
		"no object":            {Source{Format: protocol.FormatCSV, Bucket: bucket, Key: "none"}, "NoSuchKey", []string{"s3://in/none: got no such object, expected one that exists"}},
		"no bucket":            {Source{Format: protocol.FormatJSON, Bucket: "nowhere", Key: "k"}, "NoSuchBucket", []string{"s3://nowhere/k: got no such bucket"}},
		"no bucket to list":    {Source{Format: protocol.FormatObjects, Bucket: "nowhere", Prefix: "p"}, "NoSuchBucket", []string{"s3://nowhere/p: got no such bucket"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := all(c.from)
			if job.NameOf(err) != c.error {
				t.Fatalf("got %v, named %s, expected %s", err, job.NameOf(err), c.error)
			}
			for _, expected := range c.expected {
				if !strings.Contains(err.Error(), expected) {
					t.Errorf("got %v, expected it to say %s", err, expected)
				}
			}
		})
	}
}

func TestASourceThatIsNoneIsRefusedByName(t *testing.T) {
	for source, expected := range map[string]string{
		`{}`: `format: got "", expected JSONL, JSON, CSV, OBJECTS or INVENTORY` + "\n" + `bucket: got none, expected the name of a bucket`,
		`{"format": "XML", "bucket": "b", "key": "k"}`:                                  `format: got "XML", expected JSONL`,
		`{"format": "CSV", "key": "k"}`:                                                 `bucket: got none`,
		`{"format": "CSV", "bucket": "b"}`:                                              `key: got none, expected the key of the object`,
		`{"format": "OBJECTS", "bucket": "b", "key": "k"}`:                              `key: got "k" for OBJECTS, expected a prefix`,
		`{"format": "JSON", "bucket": "b", "key": "k", "prefix": "p"}`:                  `prefix: got "p" for JSON`,
		`{"format": "JSON", "bucket": "b", "key": "k", "maxItems": -1}`:                 `maxItems: got -1, expected 0`,
		`{"format": "JSON", "bucket": "b", "key": "k", "csv": {"delimiter": "TAB"}}`:    `csv: got a layout for JSON`,
		`{"format": "JSONL", "bucket": "b", "key": "k", "itemsPointer": "/x"}`:          `itemsPointer: got "/x" for JSONL, expected one for JSON`,
		`{"format": "CSV", "bucket": "b", "key": "k", "csv": {"delimiter": ";"}}`:       `csv.delimiter: got ";", expected COMMA, PIPE`,
		`{"format": "INVENTORY", "bucket": "b", "key": "k", "csv": {"headers": ["a"]}}`: `csv: got a layout for INVENTORY`,
	} {
		var from Source
		if err := json.Unmarshal([]byte(source), &from); err != nil {
			t.Fatal(err)
		}
		got, err := all(from)
		if got != "" || job.NameOf(err) != protocol.ErrorInvalidInput || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got %q and %v, expected %s: %s", source, got, err, protocol.ErrorInvalidInput, expected)
		}
	}
	var from Source
	if err := json.Unmarshal([]byte(`{"format": "CSV", "maxItem": 1}`), &from); err == nil || !strings.Contains(err.Error(), "maxItem") {
		t.Errorf("got %v, expected a member that is no source's to be refused", err)
	}
}

func TestReadingEndsWithTheInvocation(t *testing.T) {
	put(t, bucket, "ends", bytes.Repeat([]byte("{}\n"), 1<<20))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range in(s3object.New(nil))(ctx, Source{Format: protocol.FormatJSONLines, Bucket: bucket, Key: "ends"}) {
		if n++; n == 1 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) || n == 1<<20 {
		t.Errorf("got error %v after %d items, expected %v before the end", last, n, context.Canceled)
	}
}
