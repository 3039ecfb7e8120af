package page

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The page and package job/report have the same words for the same values, which the table has.
func TestWordsAreThoseOfReports(t *testing.T) {
	node, err := filepath.Abs("../../../node_modules/.bin/node")
	if err == nil {
		_, err = os.Stat(node)
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("found no Node.js, expected it in CI: run make setup: %v", err)
		}
		t.Skip("found no Node.js: run make setup to test the words of the page")
	}
	const script = `
import { readFileSync } from 'node:fs'
import { areNumbers, duration } from './js/words.js'
const table = JSON.parse(readFileSync('testdata/words.json', 'utf8'))
console.log(JSON.stringify({
  durations: table.durations.map(({ ms }) => ({ ms, words: duration(ms) })),
  columns: table.columns.map(({ cells }) => ({ cells, numbers: areNumbers(cells.map((cell) => [cell]), 0) })),
}))`
	said, err := exec.CommandContext(t.Context(), node, "--input-type=module", "--eval", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/words.json")
	if err != nil {
		t.Fatal(err)
	}
	type table struct {
		Durations []struct {
			Ms    float64 `json:"ms"`
			Words string  `json:"words"`
		} `json:"durations"`
		Columns []struct {
			Cells   []string `json:"cells"`
			Numbers bool     `json:"numbers"`
		} `json:"columns"`
	}
	var got, expected table
	if err := json.Unmarshal(said, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Durations) < 20 || len(expected.Columns) < 8 {
		t.Fatalf("got a table of %d durations and %d columns, expected 20 and 8", len(expected.Durations), len(expected.Columns))
	}
	for i, d := range expected.Durations {
		if got.Durations[i].Words != d.Words {
			t.Errorf("%g ms: got %q, expected %q", d.Ms, got.Durations[i].Words, d.Words)
		}
	}
	for i, c := range expected.Columns {
		if got.Columns[i].Numbers != c.Numbers {
			t.Errorf("the cells %q are numbers: got %v, expected %v", c.Cells, got.Columns[i].Numbers, c.Numbers)
		}
	}
}
