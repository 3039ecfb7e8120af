package page

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, r Report) string {
	t.Helper()
	var text strings.Builder
	if err := Write(&text, r); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// drawings returns the SVGs of a page, and fails if one is not well-formed.
func drawings(t *testing.T, page string) []string {
	t.Helper()
	var all []string
	for rest := page; ; {
		_, after, ok := strings.Cut(rest, "<svg")
		if !ok {
			return all
		}
		inner, after, ok := strings.Cut(after, "</svg>")
		if !ok {
			t.Fatal("got an SVG without an end")
		}
		svg := "<svg" + inner + "</svg>"
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %s", err, svg)
			}
		}
		all, rest = append(all, svg), after
	}
}

func curve(name string, to float64) Line {
	l := Line{Name: name, Dots: []Point{{X: 10, Y: 0.01, Title: "a dot"}}}
	for n := 1.0; n <= to; n *= 10 {
		l.Points = append(l.Points, Point{X: n, Y: n / 1000})
	}
	return l
}

func TestThePageNeedsNothingElseAndEscapesNames(t *testing.T) {
	const name = `</text><script>alert(1)</script>"&`
	text := write(t, Report{Title: name, Meta: name, Code: name, Notes: []string{name}, Facts: []Fact{{name, name}}, Sections: []Section{
		{Title: name, Bars: &Bars{Series: []string{name, name}, Bars: []Bar{{Name: name, Note: name, Values: []float64{1, 2}}}}, Table: Table{Columns: []string{name}, Rows: [][]string{{name}}}},
		{Title: name, Lines: &Lines{X: Axis{Name: name, Unit: Items}, Y: Axis{Name: name}, Lines: []Line{curve(name, 1e6)}, Walls: []Wall{{X: 100, Name: name}}}},
	}})
	for _, refused := range []string{"<script", "src=", "href=", "url(", "@import", "ZgotmplZ"} {
		if strings.Contains(text, refused) {
			t.Errorf("got %s in the page, expected none", refused)
		}
	}
	if got := len(drawings(t, text)); got != 5 {
		t.Errorf("got %d drawings, expected two of each chart and a line in the legend", got)
	}
	if !strings.HasPrefix(text, "<!doctype html>") || !strings.HasSuffix(text, "</html>\n") {
		t.Error("got a page that does not begin or end as HTML")
	}
}

func TestACurveThatALimitEndsHasACross(t *testing.T) {
	ended := curve("by value", 1e4)
	ended.End = "the summary's 15 minutes"
	svg := drawings(t, write(t, Report{Sections: []Section{{Lines: &Lines{X: Axis{Unit: Items, From: 1, To: 1e8}, Lines: []Line{curve("queue", 1e8), ended}}}}}))
	for _, d := range svg[2:] { // after the legend
		if got := strings.Count(d, `class="cross `); got != 1 {
			t.Errorf("got %d crosses, expected 1", got)
		}
		if got := strings.Count(d, `class="dot `); got != 2 {
			t.Errorf("got %d dots, expected 2", got)
		}
		if !strings.Contains(d, "the summary&#39;s 15 minutes") {
			t.Error("got no title with the limit")
		}
	}
}

func TestOptionsThatAreNotPossibleAreFaint(t *testing.T) {
	text := write(t, Report{Sections: []Section{{Bars: &Bars{Series: []string{"a", "b"}, Bars: []Bar{
		{Name: "one", Values: []float64{0.1, 3}, Strong: true}, {Name: "two", Values: []float64{500, 3}, Faint: true}, {Name: "none", Values: []float64{0, 0}}}}}}})
	for _, d := range drawings(t, text) {
		if got := strings.Count(d, "fainted"); got != 2 {
			t.Errorf("got %d faint bars, expected 2", got)
		}
		if got := strings.Count(d, `class="b`); got != 4 {
			t.Errorf("got %d bars, expected none for a value of 0", got)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		unit     Unit
		from, to float64
		most     int
		expected string
	}{
		{Dollars, 0.0001, 1000, 9, "$0.0001 $0.001 $0.01 $0.10 $1 $10 $100 $1,000"},
		{Dollars, 0.0001, 1000, 4, "$0.0001 $0.01 $1 $100"},
		{Items, 1, 1e8, 9, "1 10 100 1,000 10k 100k 1M 10M 100M"},
		{Seconds, 0.1, 1e7, 9, "0.1 s 1 s 10 s 1 min 10 min 1 h 1 d 10 d 100 d"},
	} {
		var got []string
		for _, v := range c.unit.ticks(c.from, c.to, c.most) {
			got = append(got, c.unit.label(v))
		}
		if text := strings.Join(got, " "); text != c.expected {
			t.Errorf("got  %s\nwant %s", text, c.expected)
		}
	}
}

func TestSpreadMovesNamesApart(t *testing.T) {
	for _, wanted := range [][]float64{nil, {5}, {10, 10, 10}, {1, 2, 3, 90, 91}, {99, 99, 99}} {
		got := spread(wanted, 10, 0, 100)
		for i := 1; i < len(got); i++ {
			if got[i]-got[i-1] < 9.9 {
				t.Errorf("%v: got %v, expected 10 between them", wanted, got)
			}
		}
		if len(got) > 0 && (slices.Min(got) < -0.1 || slices.Max(got) > 100.1 || math.IsNaN(got[0])) {
			t.Errorf("%v: got %v, expected places from 0 to 100", wanted, got)
		}
	}
}
