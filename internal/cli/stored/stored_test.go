package stored_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/stored"
	"github.com/mapjob/mapjob/internal/objectstore/keypath"
	"github.com/mapjob/mapjob/internal/protocol"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file io.ReadCloser, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestObjectsAreThoseOfTheFirstRunThatHasThem(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	write(t, filepath.Join(first, "s3", "buckets", "results", "both.json"), "first")
	write(t, filepath.Join(second, "s3", "buckets", "results", "both.json"), "second")
	write(t, filepath.Join(second, "s3", "buckets", "results", "job", "report.json"), "report")
	objects := stored.Objects{first, second}
	for key, expected := range map[string]string{"both.json": "first", "job/report.json": "report"} {
		file, err := objects.Open(t.Context(), protocol.Object{Bucket: "results", Key: key})
		if text := read(t, file, err); text != expected {
			t.Errorf("%s: got %q, expected %q", key, text, expected)
		}
	}
	_, err := objects.Open(t.Context(), protocol.Object{Bucket: "results", Key: "none.json"})
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "s3://results/none.json: ") {
		t.Errorf("got %v, expected an error that names the object", err)
	}
	if err := objects.Create(t.Context(), protocol.Object{Bucket: "results", Key: "new"}, nil, nil); err == nil {
		t.Error("got no error for a new object, expected one")
	}
}

func TestKeysAreThoseOfAFolder(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	buckets := func(run string) string { return filepath.Join(run, "s3", "buckets", "results") }
	write(t, filepath.Join(buckets(first), "Job", "other", "a.jsonl"), "")
	folds := keypath.Naming{Folds: true}
	for _, key := range []string{"Job/monday/outcomes/000000000000/b-0001.jsonl", "Job/monday/outcomes/000000000000/a-0000.jsonl", "Job/monday/outcomes/000000000000/in/c.jsonl"} {
		write(t, filepath.Join(buckets(second), filepath.FromSlash(folds.Path(key))), "")
	}
	objects := stored.Objects{first, second}
	list := func(prefix string) (keys []string, err error) {
		for key, err := range objects.Keys(t.Context(), protocol.Folder{Bucket: "results", Prefix: prefix}) {
			if err != nil {
				return keys, err
			}
			keys = append(keys, key)
		}
		return keys, nil
	}
	for prefix, expected := range map[string][]string{
		"Job/monday/outcomes/000000000000": {"Job/monday/outcomes/000000000000/a-0000.jsonl", "Job/monday/outcomes/000000000000/b-0001.jsonl"},
		"Job/other":                        {"Job/other/a.jsonl"},
		"Job/none":                         nil,
	} {
		if keys, err := list(prefix); err != nil || !slices.Equal(keys, expected) {
			t.Errorf("%s: got %q and error %v, expected %q", prefix, keys, err, expected)
		}
	}
	if keys, err := list(strings.Repeat("long/", 200)); err == nil || !strings.Contains(err.Error(), "the path is too long") {
		t.Errorf("got %q and error %v, expected that they are not listed", keys, err)
	}
}

func TestReportIsAtTheTopOfTheFolder(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "report.json"), "report")
	report := stored.Report(folder)
	file, err := report.Open(t.Context(), protocol.Object{Bucket: "any", Key: "job/execution/report.json"})
	if text := read(t, file, err); text != "report" {
		t.Errorf("got %q, expected the report", text)
	}
	if _, err := report.Open(t.Context(), protocol.Object{Key: "job/report.md"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, expected that the file does not exist", err)
	}
	if err := report.Create(t.Context(), protocol.Object{Key: "report.json"}, nil, nil); err == nil {
		t.Error("got no error for a new report, expected one")
	}
}
