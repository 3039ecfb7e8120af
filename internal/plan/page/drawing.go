package page

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// drawing is an SVG. There are two of each chart: a wide one, and a narrow one for
// telephones, whose letters have the same size.
type drawing struct {
	Class, Name   string
	Width, Height float64
	Shapes        []shape
}

// Named returns the drawing with its title.
func (d drawing) Named(title string) drawing {
	d.Name = title
	return d
}

// shape is a path or a text.
type shape struct {
	Path, Title  string
	Text, Anchor string
	X, Y         float64
	Class        string
}

func (d *drawing) path(class, title, format string, at ...any) {
	for i, a := range at {
		if f, ok := a.(float64); ok {
			at[i] = math.Round(f*10) / 10
		}
	}
	d.Shapes = append(d.Shapes, shape{Class: class, Title: title, Path: fmt.Sprintf(format, at...)})
}

func (d *drawing) text(class, anchor string, x, y float64, text string) {
	d.Shapes = append(d.Shapes, shape{Class: class, Anchor: anchor, X: math.Round(x*10) / 10, Y: math.Round(y*10) / 10, Text: text})
}

// scale maps values to places on a log axis.
type scale struct{ from, to, low, high float64 }

func (s scale) at(v float64) float64 {
	return s.low + (s.high-s.low)*(math.Log(v)-math.Log(s.from))/(math.Log(s.to)-math.Log(s.from))
}

const letter = 7.2 // width of most letters of 13 px

func width(text string) float64 { return letter * float64(len([]rune(text))) }

// fit shortens a text that is too wide.
func fit(text string, wide float64) string {
	if r, most := []rune(text), int(wide/letter/1.1); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// drawBars draws bars, wide and narrow.
func drawBars(b *Bars) []drawing {
	return []drawing{b.draw("wide", 900, 250, 22), b.draw("narrow", 350, 0, 40)}
}

// draw draws bars. The names are left of the bars, or above them if names is 0.
func (b *Bars) draw(class string, full, names, head float64) drawing {
	d := drawing{Class: class, Width: full}
	from, to := math.Inf(1), 0.0
	for _, bar := range b.Bars {
		for _, v := range bar.Values {
			if v > 0 {
				from, to = min(from, v), max(to, v)
			}
		}
	}
	if to == 0 {
		return d
	}
	// A value far below the others has a stub of a bar, and its number.
	to = math.Pow(10, math.Ceil(math.Log10(to)))
	from = max(math.Pow(10, math.Floor(math.Log10(from)-0.2)), to/1e6)
	const thick, gap, room = 10.0, 5.0, 62.0
	left := max(names, 4)
	s := scale{from, to, left, full - room}
	row := head + 2*thick + gap
	if names > 0 {
		row = 2*thick + gap + 15
	}
	top := 4.0
	bottom := top + row*float64(len(b.Bars))
	for _, t := range b.Unit.ticks(from, to, int((full-left)/70)) {
		d.path("grid", "", "M%v %vV%v", s.at(t), top, bottom)
		anchor, text := "middle", b.Unit.label(t)
		if s.at(t) < width(text)/2 {
			anchor = "start"
		}
		d.text("dim", anchor, s.at(t), bottom+18, text)
	}
	for i, bar := range b.Bars {
		y := top + row*float64(i)
		style := ""
		if bar.Strong {
			style = "strong"
		} else if bar.Faint {
			style = "faint"
		}
		if names > 0 {
			if bar.Note == "" {
				d.text(style, "end", left-10, y+row/2+4, bar.Name)
			} else {
				d.text(style, "end", left-10, y+row/2-4, bar.Name)
				d.text("dim", "end", left-10, y+row/2+12, bar.Note)
			}
			y += 7
		} else {
			name := bar.Name
			if bar.Note != "" {
				name += ", " + bar.Note
			}
			d.text(style+" halo", "start", left, y+head-10, fit(name, full-left))
			y += head - 4
		}
		for k, v := range bar.Values {
			if v <= 0 {
				continue
			}
			at := y + float64(k)*(thick+gap)
			faint := ""
			if bar.Faint {
				faint = " fainted"
			}
			d.path(fmt.Sprintf("b%d%s", k, faint), fmt.Sprintf("%s, %s: %s", bar.Name, b.Series[k], b.Unit.value(v)),
				"M%v %vH%vV%vH%vZ", left, at, max(s.at(v), left+2), at+thick, left)
			d.text("small halo", "start", max(s.at(v), left+2)+5, at+thick-0.5, b.Unit.value(v))
		}
	}
	d.Height = bottom + 26
	return d
}

// key is an entry of a legend.
type key struct{ Name, Class, End string }

// keys returns the legend of lines.
func keys(l *Lines) []key {
	var all []key
	for i, line := range l.Lines {
		all = append(all, key{line.Name, l.class(i, "curve"), line.End})
	}
	return all
}

// class returns the classes of a line's parts: lines of mapjob have a hue each, those
// of other architectures are grey, and all differ by their dashes.
func (l *Lines) class(i int, kind string) string {
	ours, others := 0, 0
	for _, line := range l.Lines[:i] {
		if line.Other {
			others++
		} else {
			ours++
		}
	}
	hue, dash := fmt.Sprintf("k%d", ours%7), ours
	if l.Lines[i].Other {
		hue, dash = "ko", others+2
	}
	class := kind + " " + hue
	if kind == "curve" {
		if dash > 0 {
			class += fmt.Sprintf(" d%d", (dash-1)%6+1)
		}
		if l.Lines[i].Strong {
			class += " bold"
		}
	}
	return class
}

// bounds returns the ends of an axis, which are powers of ten around its points.
func (a Axis) bounds(points func(yield func(float64))) (from, to float64) {
	if a.From > 0 {
		return a.From, a.To
	}
	from, to = math.Inf(1), 0
	points(func(v float64) {
		if v > 0 {
			from, to = min(from, v), max(to, v)
		}
	})
	if to == 0 {
		return 1, 10
	}
	return math.Pow(10, math.Floor(math.Log10(from))), math.Pow(10, math.Ceil(math.Log10(to)+0.01))
}

// drawLines draws curves, wide with their names, and narrow with a legend.
func drawLines(l *Lines) []drawing {
	names := 0.0
	for _, line := range l.Lines {
		names = max(names, width(line.Name))
	}
	return []drawing{l.draw("wide", 900, 430, min(names*1.1, 260)+20), l.draw("narrow", 350, 330, 12)}
}

func (l *Lines) draw(class string, full, high, right float64) drawing {
	d := drawing{Class: class, Width: full, Height: high}
	each := func(of func(Point) float64) func(func(float64)) {
		return func(yield func(float64)) {
			for _, line := range l.Lines {
				for _, p := range line.Points {
					yield(of(p))
				}
			}
		}
	}
	xFrom, xTo := l.X.bounds(each(func(p Point) float64 { return p.X }))
	yFrom, yTo := l.Y.bounds(each(func(p Point) float64 { return p.Y }))
	yFrom = max(yFrom, yTo/1e9)
	left, top, bottom := 0.0, 26.0, high-46
	yTicks := l.Y.Unit.ticks(yFrom, yTo, int((bottom-top)/30))
	for _, t := range yTicks {
		left = max(left, width(l.Y.Unit.label(t))+14)
	}
	x, y := scale{xFrom, xTo, left, full - right}, scale{yFrom, yTo, bottom, top}

	for _, t := range l.X.Unit.ticks(xFrom, xTo, int((full-right-left)/48)) {
		d.path("grid", "", "M%v %vV%v", x.at(t), top, bottom)
		d.text("dim", "middle", x.at(t), bottom+18, l.X.Unit.label(t))
	}
	for _, t := range yTicks {
		d.path("grid", "", "M%v %vH%v", left, y.at(t), full-right)
		d.text("dim", "end", left-8, y.at(t)+4.5, l.Y.Unit.label(t))
	}
	d.text("dim", "start", 0, 12, l.Y.Name)
	d.text("dim", "end", full-right, high-6, l.X.Name)

	var placed boxes
	for _, w := range l.Walls {
		if w.X < xFrom || w.X > xTo {
			continue
		}
		d.path("wall", w.Name, "M%v %vV%v", x.at(w.X), top, bottom)
	}
	last := make([]Point, len(l.Lines))
	for i := range slices.Backward(l.Lines) { // the first one is on top
		line := l.Lines[i]
		if len(line.Points) == 0 {
			continue
		}
		var path strings.Builder
		for k, p := range line.Points {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(k, 1)], x.at(p.X), y.at(max(p.Y, yFrom)))
		}
		d.path(l.class(i, "curve"), line.Name, "%s", path.String())
		last[i] = line.Points[len(line.Points)-1]
	}
	for i := range slices.Backward(l.Lines) {
		line := l.Lines[i]
		for _, dot := range line.Dots {
			px, py := x.at(dot.X), y.at(dot.Y)
			d.path(l.class(i, "dot"), dot.Title, "M%v %va5 5 0 1 0 10 0a5 5 0 1 0 -10 0", px-5, py)
			placed.add(px-7, py-7, px+7, py+7)
		}
		if line.End != "" && len(line.Points) > 0 {
			px, py := x.at(last[i].X), y.at(last[i].Y)
			d.path(l.class(i, "cross"), line.End, "M%v %vl8 8m0 -8l-8 8", px-4, py-4)
			placed.add(px-5, py-5, px+5, py+5)
		}
	}
	for _, w := range l.Walls {
		if w.X < xFrom || w.X > xTo {
			continue
		}
		if px := x.at(w.X); px+width(w.Name)+8 < full {
			d.text("halo", "start", px+6, placed.free(px+6, bottom-8, width(w.Name), top, bottom), w.Name)
		} else {
			d.text("halo", "end", px-6, placed.free(px-6-width(w.Name), bottom-8, width(w.Name), top, bottom), w.Name)
		}
	}
	if class == "wide" {
		l.names(&d, &placed, x, y, last, full-right, top, bottom)
	}
	return d
}

// names writes the names of lines: right of the chart, or at the end of a line that
// ends before.
func (l *Lines) names(d *drawing, placed *boxes, x, y scale, last []Point, edge, top, bottom float64) {
	var atEdge []int
	for i, line := range l.Lines {
		switch {
		case len(line.Points) == 0:
		case x.at(last[i].X) > edge-30:
			atEdge = append(atEdge, i)
		default:
			px, py := x.at(last[i].X)+9, y.at(last[i].Y)+4.5
			if wide := width(line.Name); px+wide > edge {
				px -= 18
				d.text(l.class(i, "halo hue"), "end", px, placed.free(px-wide, py, wide, top, bottom), line.Name)
			} else {
				d.text(l.class(i, "halo hue"), "start", px, placed.free(px, py, wide, top, bottom), line.Name)
			}
		}
	}
	slices.SortStableFunc(atEdge, func(a, b int) int {
		return int(math.Copysign(1, y.at(last[a].Y)-y.at(last[b].Y)))
	})
	wanted := make([]float64, len(atEdge))
	for k, i := range atEdge {
		wanted[k] = y.at(last[i].Y)
	}
	for k, py := range spread(wanted, 17, top, bottom) {
		i := atEdge[k]
		from := x.at(last[i].X)
		d.path("leader", "", "M%v %vL%v %v", from+6, wanted[k], edge+14, py)
		class := "hue"
		if l.Lines[i].Strong {
			class = "hue strong"
		}
		d.text(l.class(i, class), "start", edge+18, py+4.5, l.Lines[i].Name)
	}
}

// spread moves sorted places apart, by as little as it takes.
func spread(wanted []float64, gap, low, high float64) []float64 {
	at := slices.Clone(wanted)
	for range 100 {
		moved := false
		for i := 1; i < len(at); i++ {
			if lack := gap - (at[i] - at[i-1]); lack > 0.01 {
				at[i-1] -= lack / 2
				at[i] += lack / 2
				moved = true
			}
		}
		if n := len(at); n > 0 {
			at[0], at[n-1] = max(at[0], low), min(at[n-1], high)
		}
		if !moved {
			break
		}
	}
	return at
}

// boxes are places that are taken.
type boxes [][4]float64

func (b *boxes) add(left, top, right, bottom float64) {
	*b = append(*b, [4]float64{left, top, right, bottom})
}

// free returns the base line of a text at which it covers no other box, the next to the
// wanted one between two others, and takes its place.
func (b *boxes) free(x, wanted, wide, top, bottom float64) float64 {
	y := wanted
	for i := range 40 {
		y = wanted + 16*float64((i+1)/2)*[]float64{-1, 1}[i%2]
		taken := slices.ContainsFunc(*b, func(o [4]float64) bool {
			return x < o[2] && x+wide > o[0] && y-11 < o[3] && y+3 > o[1]
		})
		if !taken && y >= top && y <= bottom {
			break
		}
	}
	b.add(x, y-11, x+wide, y+3)
	return y
}
