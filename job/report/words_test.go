package report

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// The page of the console has the same words for the same values, which the table has.
func TestWordsAreThoseOfTheConsole(t *testing.T) {
	text, err := os.ReadFile("../../internal/console/page/testdata/words.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Durations []struct {
			Ms    float64 `json:"ms"`
			Words string  `json:"words"`
		} `json:"durations"`
		Columns []struct {
			Cells   []string `json:"cells"`
			Numbers bool     `json:"numbers"`
		} `json:"columns"`
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	for _, d := range table.Durations {
		if got := words(time.Duration(d.Ms * float64(time.Millisecond))); got != d.Words {
			t.Errorf("%g ms: got %q, expected %q", d.Ms, got, d.Words)
		}
	}
	for _, c := range table.Columns {
		var rows [][]string
		for _, cell := range c.Cells {
			rows = append(rows, []string{cell})
		}
		if got := isNumbers(rows, 0); got != c.Numbers {
			t.Errorf("the cells %q are numbers: got %v, expected %v", c.Cells, got, c.Numbers)
		}
	}
}
