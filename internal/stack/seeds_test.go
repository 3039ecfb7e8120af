package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seededRun starts a stack with the table Records, filled from a file, and returns its
// records.
func seededRun(t *testing.T, resources object, cache, from string) []string {
	t.Helper()
	s, err := tryStart(t, resources, Options{Seeds: map[string]string{"Records": from}, KeptSeeds: cache})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	table, err := s.Table("Records")
	if err != nil {
		t.Fatal(err)
	}
	var records []string
	for record, err := range s.Records(t.Context(), table.Name) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(record))
	}
	slices.Sort(records)
	seeded := s.Seeded()
	if len(seeded) != 1 || seeded[0].Name != "Records" || seeded[0].From != from || seeded[0].Table != table.Name || seeded[0].Count != len(records) {
		t.Errorf("got %+v, expected the %d records of %s", seeded, len(records), from)
	}
	// What a run writes is its own.
	if _, _, err := s.database.Do(t.Context(), "PutItem", []byte(`{"TableName":"`+table.Name+`","Item":{"id":{"S":"written"}}}`)); err != nil {
		t.Fatal(err)
	}
	return records
}

// entries lists the names of what is kept.
func entries(t *testing.T, cache string) []string {
	t.Helper()
	found, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

func TestTablesAreCopiedIfTheirFilesHaveNotChanged(t *testing.T) {
	cache, from := filepath.Join(t.TempDir(), "seeds"), filepath.Join(t.TempDir(), "records.jsonl")
	resources := object{"Records": table()}
	write := func(text string) {
		if err := os.WriteFile(from, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"id":"a","n":1}`)
	first := seededRun(t, resources, cache, from)
	if kept := entries(t, cache); len(kept) != 1 || first[0] != `{"id":"a","n":1}` || len(first) != 1 {
		t.Fatalf("got entries %s and records %s, expected one of each", kept, first)
	}
	// The records show whether they are copied.
	entry := filepath.Join(cache, entries(t, cache)[0], "seeds.json")
	text, err := os.ReadFile(entry)
	if err == nil {
		err = os.WriteFile(entry, []byte(strings.Replace(string(text), `"Count":1`, `"Count":7`, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := tryStart(t, resources, Options{Seeds: map[string]string{"Records": from}, KeptSeeds: cache})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Seeded(); len(got) != 1 || got[0].Count != 7 {
		t.Errorf("got %+v, expected the tables that were kept", got)
	}
	if err := errors.Join(s.Close(), os.WriteFile(entry, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	if again := seededRun(t, resources, cache, from); !slices.Equal(again, first) {
		t.Errorf("got records %s, expected %s: those of the file, without what an earlier run has written", again, first)
	}

	write(`{"id":"a","n":2}`)
	if second := seededRun(t, resources, cache, from); len(second) != 1 || second[0] != `{"id":"a","n":2}` {
		t.Errorf("got records %s, expected those of the file that has changed", second)
	}
	other := table()
	other["Properties"].(object)["AttributeDefinitions"] = []object{{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}}
	other["Properties"].(object)["GlobalSecondaryIndexes"] = []object{{"IndexName": "ByN", "KeySchema": []object{{"AttributeName": "n", "KeyType": "HASH"}}, "Projection": object{"ProjectionType": "ALL"}}}
	seededRun(t, object{"Records": other}, cache, from)
	if kept := entries(t, cache); len(kept) != 3 {
		t.Errorf("got entries %s, expected one more for another file, and for another table", kept)
	}
}

// Nothing is kept of a file that fails, and nothing that is kept keeps a run from
// starting.
func TestTablesAreFilledWithoutAPlaceToKeepThem(t *testing.T) {
	folder := t.TempDir()
	from := filepath.Join(folder, "records.jsonl")
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "{\"id\":\"%02d\"}\n", i)
	}
	if err := os.WriteFile(from, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	resources := object{"Records": table()}
	if got := seededRun(t, resources, file, from); len(got) != 60 {
		t.Errorf("got %d records, expected 60", len(got))
	}
	cache := filepath.Join(folder, "seeds")
	seededRun(t, resources, cache, from)
	entry := filepath.Join(cache, entries(t, cache)[0])
	if err := os.RemoveAll(filepath.Join(entry, "tables")); err != nil {
		t.Fatal(err)
	}
	if got := seededRun(t, resources, cache, from); len(got) != 60 {
		t.Errorf("got %d records with half of an entry, expected 60", len(got))
	}

	broken := filepath.Join(folder, "broken.jsonl")
	if err := os.WriteFile(broken, []byte(text.String()+"[]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := entries(t, cache)
	_, err := tryStart(t, resources, Options{Seeds: map[string]string{"Records": broken}, KeptSeeds: cache})
	if err == nil || !strings.Contains(err.Error(), "--seed Records="+broken+": record 61: got [], expected a JSON object") {
		t.Errorf("got %v, expected the record to be named", err)
	}
	if after := entries(t, cache); !slices.Equal(after, before) {
		t.Errorf("got entries %s, expected %s", after, before)
	}
}
