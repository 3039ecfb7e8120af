// Package page writes what a plan found as one HTML page: bars and curves as SVG,
// each with its figures in a table. The page needs no other file and no script.
package page

import (
	_ "embed"
	"html/template"
	"io"
	"slices"

	"github.com/mapjob/mapjob/internal/look"
)

// Report holds what the page shows.
type Report struct {
	Title, Meta string
	Facts       []Fact // of the recommended option
	Code        string // sets the recommended props
	Sections    []Section
	Notes       []string // what is assumed or missing
}

// Fact is a figure with what it is of.
type Fact struct{ Name, Value string }

// Section is a chart with its figures. It has bars or lines, or only a table.
type Section struct {
	Title, Text string
	Bars        *Bars
	Lines       *Lines
	Table       Table
	Open        bool // the table is shown; else it has to be opened
}

// Table holds figures as text. The first column names the row; the others are
// numbers with their units, unless the column is listed in Words.
type Table struct {
	Columns []string
	Rows    [][]string
	Words   []int
}

// Bars are horizontal bars on one log axis: for each name one bar of each series.
type Bars struct {
	Unit   Unit
	Series []string // two
	Bars   []Bar
}

// Bar has the bars of one name. A value of 0 has no bar.
type Bar struct {
	Name   string
	Values []float64 // one for each series
	Strong bool      // is recommended
	Faint  bool      // is not possible
	Note   string    // after the name
}

// Lines are curves on two log axes.
type Lines struct {
	X, Y  Axis
	Lines []Line
	Walls []Wall
}

// Axis is a log axis.
type Axis struct {
	Name     string
	Unit     Unit
	From, To float64 // both 0: as the points need
}

// Line is a curve.
type Line struct {
	Name   string
	Points []Point
	Dots   []Point // marked on the curve
	End    string  // the limit that ends the curve before its last possible point; empty: none
	Other  bool    // is of another architecture
	Strong bool    // is recommended
}

// Point is a point of a curve.
type Point struct {
	X, Y  float64
	Title string // shown when the pointer is over a dot
}

// Wall is a limit that ends all curves at one X.
type Wall struct {
	X    float64
	Name string
}

//go:embed page.html
var text string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"colours": func() template.CSS { return template.CSS(look.Colours) },
	"bars":    drawBars,
	"lines":   drawLines,
	"keys":    keys,
	"number":  func(t Table, column int) bool { return t.number(column) },
}).Parse(text))

// Write writes the page.
func Write(w io.Writer, r Report) error { return page.Execute(w, r) }

func (t Table) number(column int) bool {
	return column > 0 && !slices.Contains(t.Words, column)
}
