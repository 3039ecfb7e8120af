package items

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPlaces(t *testing.T) {
	objects := memory{
		"s3://in/p/1.csv": []byte("a\n1\n2\n"), "s3://in/p/2.csv": []byte(""), "s3://in/p/3.csv": []byte("b\n3\n"),
		"s3://in/list.json":              []byte(`{"x":{"a~/b":[0,[1,{"n": 2}]]},"rest":[4]}`),
		"s3://in/inventory.json":         []byte(`{"destinationBucket":"arn:aws:s3:::inventories","fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"1.gz"},{"key":"2.gz"},{"key":"3.gz"}]}`),
		"s3://in/beside.json":            []byte(`{"fileFormat":"CSV","fileSchema":"Key","files":[{"key":"beside.gz"}]}`),
		"s3://in/beside.gz":              zip("\"k\"\n"),
		"s3://inventories/1.gz":          zip("\"x\",\"a%20b\"\n"),
		"s3://inventories/2.gz":          zip(""),
		"s3://inventories/3.gz":          zip("\"x\",\"c,d\"\n\"x\",\"e\"\n"),
		"s3://in/unload-manifest.csv":    []byte("s3://data/one.gz\ns3://data/two\n"),
		"s3://data/one.gz":               zip("{\"n\":1}\n{\"n\":2}\n"),
		"s3://data/two":                  []byte("{\"n\":3}\n"),
		"s3://in/empty-unload-manifest":  []byte("\n"),
		"s3://in/inventory-without-rows": []byte(`{"fileFormat":"CSV","fileSchema":"Key","files":[]}`),
	}
	for name, c := range map[string]struct {
		from     Source
		expected string
	}{
		"list": {Source{Place: InList, Prefix: "p/"}, `{"Etag":"\"e\"","Key":"p/1.csv","LastModified":1700000000,"Size":6,"StorageClass":"STANDARD"}
{"Etag":"\"e\"","Key":"p/2.csv","LastModified":1700000000,"Size":0,"StorageClass":"STANDARD"}
{"Etag":"\"e\"","Key":"p/3.csv","LastModified":1700000000,"Size":4,"StorageClass":"STANDARD"}
`},
		"empty list":        {Source{Place: InList, Prefix: "q/"}, ""},
		"loaded":            {Source{Place: InLoaded, Prefix: "p/", Layout: Layout{Format: CSV}}, `{"a":"1"}` + "\n" + `{"a":"2"}` + "\n" + `{"b":"3"}` + "\n"},
		"nothing loaded":    {Source{Place: InLoaded, Prefix: "q/", Layout: Layout{Format: CSV}}, ""},
		"pointer":           {Source{Key: "list.json", Layout: Layout{Format: JSON, Pointer: "/x/a~0~1b/1"}}, "1\n{\"n\": 2}\n"},
		"pointer to a list": {Source{Key: "list.json", Layout: Layout{Format: JSON, Pointer: "/rest"}}, "4\n"},
		"inventory":         {Source{Place: InInventory, Key: "inventory.json"}, `{"Bucket":"x","Key":"a%20b"}` + "\n" + `{"Bucket":"x","Key":"c,d"}` + "\n" + `{"Bucket":"x","Key":"e"}` + "\n"},
		"inventory beside":  {Source{Place: InInventory, Key: "beside.json"}, `{"Key":"k"}` + "\n"},
		"empty inventory":   {Source{Place: InInventory, Key: "inventory-without-rows"}, ""},
		"unload":            {Source{Place: InUnload, Key: "unload-manifest.csv", Layout: Layout{Format: JSONL}}, `{"n":1}` + "\n" + `{"n":2}` + "\n" + `{"n":3}` + "\n"},
		"empty unload":      {Source{Place: InUnload, Key: "empty-unload-manifest", Layout: Layout{Format: JSONL}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.from.Bucket = "in"
			got, err := texts(Open(t.Context(), objects, c.from))
			if err != nil || got != c.expected {
				t.Errorf("got %q and error %v, expected %q", got, err, c.expected)
			}
			got, err = values(Open(t.Context(), objects, c.from))
			if expected := asValues(t, c.expected); err != nil || got != expected {
				t.Errorf("got the values %q and error %v, expected %q", got, err, expected)
			}
		})
	}
}

func TestWhatIsWrongWithAPlaceIsNamed(t *testing.T) {
	zipped := zip(strings.Repeat("x,1\n", 1000))
	damaged := bytes.Clone(zipped)
	damaged[len(damaged)-5] ^= 1
	objects := memory{
		"s3://in/o.json": []byte(`{"x":{"list":{"n":1}},"y":[[1]],"z":[1] "w"}`),
		"s3://in/bad":    []byte("x"), "s3://in/empty.json": []byte("{}"),
		"s3://in/orc.json":   []byte(`{"fileFormat":"ORC","fileSchema":"struct<bucket:string>","files":[]}`),
		"s3://in/nokey.json": []byte(`{"fileFormat":"CSV","fileSchema":"Key","files":[{"key":"a"},{"size":1}]}`),
		"s3://in/i.json":     []byte(`{"fileFormat":"CSV","fileSchema":"Bucket,Key","files":[{"key":"i.gz"}]}`),
		"s3://in/gone.json":  []byte(`{"fileFormat":"CSV","fileSchema":"Bucket,Key","files":[{"key":"gone"}]}`),
		"s3://in/unload":     []byte("http://data/one\n"),
	}
	json := func(pointer string) Source {
		return Source{Key: "o.json", Layout: Layout{Format: JSON, Pointer: pointer}}
	}
	for name, c := range map[string]struct {
		from     Source
		file     []byte // s3://in/i.gz
		expected string
	}{
		"no object":               {Source{Key: "none", Layout: Layout{Format: CSV}}, nil, "s3://in/none: got no such object"},
		"no format":               {Source{Key: "bad", Layout: Layout{Format: "PARQUET"}}, nil, `s3://in/bad: got the format "PARQUET", expected JSONL, JSON or CSV`},
		"pointer to an object":    {json("/x/list"), nil, `s3://in/o.json: line 1: got {"n":1}},"y":[[1]],"z":[1] "w"}, expected an array of items`},
		"pointer to nothing":      {json("/x/none"), nil, `got nothing at /x/none, expected an array of items`},
		"pointer through a value": {json("/x/list/n/m"), nil, `got 1}},"y":[[1]],"z":[1] "w"} on the way to /x/list/n/m, expected an array of items`},
		"pointer past an array":   {json("/y/1"), nil, `got nothing at /y/1, expected an array of items`},
		"text after the pointer":  {json("/z"), nil, `got "w"} (`},
		"no manifest":             {Source{Place: InInventory, Key: "bad"}, nil, "s3://in/bad: got text that cannot be read ("},
		"another manifest":        {Source{Place: InInventory, Key: "empty.json"}, nil, `s3://in/empty.json: got an inventory in the format ""`},
		"ORC":                     {Source{Place: InInventory, Key: "orc.json"}, nil, `got an inventory in the format "ORC", expected CSV`},
		"file without a key":      {Source{Place: InInventory, Key: "nokey.json"}, nil, "got no key of file 2"},
		"file that is gone":       {Source{Place: InInventory, Key: "gone.json"}, nil, "s3://in/gone: got no such object"},
		"file not zipped":         {Source{Place: InInventory, Key: "i.json"}, []byte("this is no gzip file\n"), "s3://in/i.gz: got gzip: invalid header"},
		"damaged file":            {Source{Place: InInventory, Key: "i.json"}, damaged, "s3://in/i.gz: got gzip: invalid checksum"},
		"half a file":             {Source{Place: InInventory, Key: "i.json"}, zipped[:len(zipped)-9], "s3://in/i.gz: got unexpected EOF, expected a whole gzip file"},
		"odd row":                 {Source{Place: InInventory, Key: "i.json"}, zip("x,1\nx\n"), "s3://in/i.gz: line 2: got a row with 1 field, expected 2"},
		"no address":              {Source{Place: InUnload, Key: "unload", Layout: Layout{Format: JSONL}}, nil, `s3://in/unload: got the data file "http://data/one"`},
	} {
		t.Run(name, func(t *testing.T) {
			c.from.Bucket = "in"
			objects["s3://in/i.gz"] = c.file
			_, err := texts(Open(t.Context(), objects, c.from))
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("got error %v, expected %s", err, c.expected)
			}
		})
	}
}

// broken are objects whose connection breaks.
type broken struct {
	memory
	after int64 // bytes
}

var errBroken = errors.New("the connection broke")

func (b broken) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	body, err := b.memory.Open(ctx, bucket, key)
	if err != nil || strings.HasSuffix(key, "manifest.json") {
		return body, err
	}
	return io.NopCloser(io.MultiReader(io.LimitReader(body, b.after), iotest.ErrReader(errBroken))), nil
}

// A beginning is not taken for the whole object, and the error of the object is
// not taken for one of its items.
func TestErrorsOfObjectsAreReturnedAsTheyAre(t *testing.T) {
	objects := memory{
		"s3://in/jsonl": []byte("1\n22\n\n{\"a\": 3}\n"), "s3://in/json": []byte("[1, 22, {\"a\": 3}]"),
		"s3://in/csv": []byte("a,b\n1,\"2\n3\"\n\n4,\"5\"\n"), "s3://in/gz": zip("1\n22\n"),
		"s3://in/manifest.json": []byte(`{"fileFormat":"CSV","fileSchema":"Key","files":[{"key":"gz"}]}`),
	}
	for key, from := range map[string]Source{
		"jsonl": {Layout: Layout{Format: JSONL}}, "json": {Layout: Layout{Format: JSON}}, "csv": {Layout: Layout{Format: CSV}}, "manifest.json": {Place: InInventory},
	} {
		from.Bucket, from.Key = "in", key
		for after := range len(objects[address("in", strings.Replace(key, "manifest.json", "gz", 1))]) {
			if got, err := texts(Open(t.Context(), broken{objects, int64(after)}, from)); err != errBroken { //nolint:errorlint // not wrapped
				t.Errorf("%s that breaks after %d bytes: got %q and error %v, expected %v", key, after, got, err, errBroken)
			}
		}
	}
}

func TestItemsThatAreTooLongAreRefused(t *testing.T) {
	long := strings.Repeat("x", maxItemBytes)
	for name, c := range map[string]struct {
		layout   Layout
		content  string
		expected string
	}{
		"line":        {Layout{Format: JSONL}, "1\n[\"" + long + long, "line 2: got more than 16 MiB"},
		"element":     {Layout{Format: JSON}, "[1,\n\"" + long + long, "line 2: got more than 16 MiB"},
		"quotes":      {Layout{Format: CSV}, "a,b\n1,2\n3,\"4\n" + strings.Repeat("5,6\n", maxItemBytes/3), "line 3: got more than 16 MiB"},
		"line of CSV": {Layout{Format: CSV}, "a,b\n1," + long + long, "line 2: got more than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := texts(New("file", io.NopCloser(strings.NewReader(c.content)), c.layout))
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("got %d bytes and error %v, expected %s", len(got), err, c.expected)
			}
		})
	}
	skipped := fmt.Sprintf(`{"skipped":%q,"list":[1]}`, long+long)
	if got, err := texts(New("file", io.NopCloser(strings.NewReader(skipped)), Layout{Format: JSON, Pointer: "/list"})); err != nil || got != "1\n" {
		t.Errorf("got %q and error %v, expected the item after a long member", got, err)
	}
}

// The memory in use late in a text is the memory in use early in it.
func TestManyItemsTakeNoMoreMemoryThanFew(t *testing.T) {
	const n = 50_000
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for _, format := range []Format{JSONL, JSON, CSV} {
		content := many(format, n)
		for name, next := range forms {
			r := New("file", io.NopCloser(bytes.NewReader(content)), Layout{Format: format})
			var early, late uint64
			for i := range n {
				if err := next(r); err != nil {
					t.Fatal(err)
				}
				switch i {
				case n / 10:
					early = inUse()
				case n - n/10:
					late = inUse()
				}
			}
			if grown := int64(late) - int64(early); grown > 1<<20 {
				t.Errorf("%s as %s: got %d bytes more late in the text, expected less than 1 MiB", format, name, grown)
			}
		}
	}
}

func TestAReaderThatIsClosedReadsNothing(t *testing.T) {
	r := New("file", io.NopCloser(strings.NewReader("1\n2\n")), Layout{Format: JSONL})
	if _, err := r.Text(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := r.Text(); err == nil {
		t.Errorf("got %s, expected an error", text)
	}
}

func TestFilesAreKnownByTheirEnding(t *testing.T) {
	for path, expected := range map[string]string{
		"items.txt":                  "got file items.txt, expected one that ends in .jsonl, .json or .csv",
		t.TempDir() + "/missing.csv": "missing.csv: no such file",
	} {
		for _, err := range File(path) {
			if err == nil || !strings.Contains(err.Error(), expected) {
				t.Errorf("got error %v, expected %s", err, expected)
			}
		}
	}
}
