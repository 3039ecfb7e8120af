package chunker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
	"github.com/mapjob/mapjob/job"
)

const samples = "../items/testdata"

// The samples of package items are the same items by reference, where the
// chunker reads them, and by value, where an ItemReader does. A test of the
// stack reads the same samples by --items and --seed.
func TestSamplesAreTheSameItemsByReferenceAndByValue(t *testing.T) {
	for ending, format := range map[string]string{".csv": protocol.FormatCSV, ".json": protocol.FormatJSON, ".ndjson": protocol.FormatJSONLines} {
		paths, err := filepath.Glob(samples + "/*/*" + ending)
		if err != nil || len(paths) < 20 {
			t.Fatalf("got %d samples of %s and error %v, expected them all", len(paths), format, err)
		}
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				put(t, bucket, "sample", content)
				from := Source{Format: format, Bucket: bucket, Key: "sample"}
				name := strings.TrimSuffix(path, ending)
				if layout, err := os.ReadFile(name + ".layout"); err == nil {
					if err := json.Unmarshal(layout, &from.CSV); err != nil {
						t.Fatal(err)
					}
				}
				got, err := all(from)
				x := itemReader(t, from, content)
				if text, e := os.ReadFile(name + ".err"); e == nil {
					part := strings.TrimSuffix(string(text), "\n")
					if job.NameOf(err) != protocol.ErrorItemReaderFailed || !strings.Contains(err.Error(), part) {
						t.Errorf("by reference: got %q and error %v, expected %s", got, err, part)
					}
					switch { // AWS has words of its own for these
					case strings.Contains(part, "twice"):
						part = "CSV headers cannot contain duplicates."
					case strings.HasSuffix(part, "expected an array of items") && !strings.Contains(part, "the end"):
						part = "Attempting to map over non-iterable node."
					}
					if x.Error != "States.ItemReaderFailed" || !strings.Contains(x.Cause, part) {
						t.Errorf("by value: got %s: %s, expected %s", x.Error, x.Cause, part)
					}
					return
				}
				expected, e := os.ReadFile(name + ".jsonl")
				if e != nil {
					t.Fatal(e)
				}
				if err != nil || got != string(expected) {
					t.Errorf("by reference: got %q and error %v, expected %q", got, err, expected)
				}
				list := []any{}
				for line := range strings.Lines(string(expected)) {
					v, err := value.Parse([]byte(strings.TrimSuffix(line, "\n")))
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, v)
				}
				if string(x.Output) != value.Text(list) {
					t.Errorf("by value: got %s (%s), expected %s", x.Output, x.Cause, value.Text(list))
				}
			})
		}
	}
}

// itemReader runs a Map whose ItemReader has the same source, and whose output
// are its items.
func itemReader(t *testing.T, from Source, content []byte) *engine.Execution {
	t.Helper()
	config := map[string]any{"InputType": from.Format}
	if from.Format == protocol.FormatCSV {
		layout := protocol.CSVLayout{}
		if from.CSV != nil {
			layout = *from.CSV
		}
		config["CSVHeaderLocation"] = "FIRST_ROW"
		if len(layout.Headers) > 0 {
			config["CSVHeaderLocation"], config["CSVHeaders"] = "GIVEN", layout.Headers
		}
		if layout.Delimiter != "" {
			config["CSVDelimiter"] = layout.Delimiter
		}
	}
	definition, err := json.Marshal(map[string]any{"QueryLanguage": "JSONata", "StartAt": "Map", "States": map[string]any{"Map": map[string]any{
		"Type": "Map", "End": true,
		"ItemReader": map[string]any{"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Arguments": map[string]any{"Bucket": from.Bucket, "Key": from.Key}},
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
	e, err := engine.New(machine, engine.WithObjects(object(content)), engine.WithClock(engine.VirtualClock(time.Unix(0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(context.Background(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// object is an object store with one object.
type object []byte

func (o object) Open(context.Context, string, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(o)), nil
}

func (object) List(context.Context, string, string) iter.Seq2[engine.ObjectInfo, error] { return nil }

func (object) Create(context.Context, string, string) (io.WriteCloser, error) {
	return nil, errors.New("got a result to write, expected none")
}
