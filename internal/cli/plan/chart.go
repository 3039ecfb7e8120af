package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/plan/page"
	"github.com/mapjob/mapjob/internal/protocol"
)

const points = 65 // of a curve: eight a power of ten

// page returns what the page shows.
func (r *result) page() (page.Report, error) {
	shown := slices.Concat(r.shown(), r.others)
	report := page.Report{Title: r.what(), Meta: strings.ToUpper(r.where()[:1]) + r.where()[1:], Notes: r.notes()}
	if r.job.name != "" {
		report.Title = r.job.name + ": " + report.Title
	}
	if o := r.recommended; o != nil {
		report.Facts = []page.Fact{
			{Name: "an execution", Value: dollars(o.Total().Dollars())},
			{Name: "of it orchestration: " + percentage(o.Orchestration.Dollars(), o.Compute.Dollars()) + " the compute", Value: dollars(o.Orchestration.Dollars())},
			{Name: "for all items", Value: lasting(o.Took.Seconds)},
		}
		if o.First.At > 0 {
			report.Facts = append(report.Facts, page.Fact{Name: "the first limit: " + o.First.Name, Value: number.Of(o.First.At, "item")})
		}
		report.Code = r.advice()
	}
	curves, err := r.curves(shown)
	if err != nil {
		return report, err
	}
	cost := r.curveSection("Cost by the number of items", page.Axis{Name: "US dollars an execution", Unit: page.Dollars}, curves,
		func(p option.CurvePoint) (float64, string) { return p.USD, dollars(p.USD) })
	took := r.curveSection("Time by the number of items", page.Axis{Name: "time of an execution", Unit: page.Seconds}, curves,
		func(p option.CurvePoint) (float64, string) {
			text := lasting(p.Seconds)
			if p.Binds != "" {
				text += ", " + p.Binds
			}
			return p.Seconds, text
		})
	report.Sections = []page.Section{
		{Title: "What an execution costs", Text: "The axis is logarithmic: each line is ten times the one before.", Bars: r.bars(shown), Table: r.figures(shown), Open: true},
		cost, took, r.batches(),
	}
	return report, nil
}

func (r *result) bars(shown []option.Option) *page.Bars {
	bars := &page.Bars{Unit: page.Dollars, Series: []string{"orchestration", "compute of the worker"}}
	for _, o := range shown {
		bar := page.Bar{Name: o.Name, Values: []float64{o.Orchestration.Dollars(), o.Compute.Dollars()}, Strong: r.isRecommended(o), Faint: !o.Feasible}
		switch {
		case bar.Strong:
			bar.Note = "recommended"
		case bar.Faint:
			bar.Note = "not possible"
		}
		bars.Bars = append(bars.Bars, bar)
	}
	return bars
}

func (r *result) figures(shown []option.Option) page.Table {
	t := page.Table{Columns: []string{"form", "orchestration", "compute", "total", "takes", "first limit"}, Words: []int{5}}
	for _, o := range shown {
		t.Rows = append(t.Rows, []string{o.Name, dollars(o.Orchestration.Dollars()), dollars(o.Compute.Dollars()), dollars(o.Total().Dollars()), lasting(o.Took.Seconds), limitOf(o)})
	}
	return t
}

// curves plans options over the number of items.
func (r *result) curves(shown []option.Option) (all []option.Curve, err error) {
	for _, o := range shown {
		w := r.workload
		w.Time = r.timeOf(o)
		curve, err := option.Curves(w, []option.Option{o}, 1, protocol.MaxItems, points)
		if err != nil {
			return nil, err
		}
		all = append(all, curve...)
	}
	return all, nil
}

// curveSection draws a curve of each option over the number of items, up to the most
// that a job may have.
func (r *result) curveSection(title string, y page.Axis, curves []option.Curve, of func(option.CurvePoint) (float64, string)) page.Section {
	chart := &page.Lines{X: page.Axis{Name: "items", Unit: page.Items, From: 1, To: protocol.MaxItems}, Y: y}
	t := page.Table{Columns: []string{"form"}}
	for n := 100; n <= protocol.MaxItems; n *= 100 {
		t.Columns = append(t.Columns, number.Thousands(n))
	}
	t.Columns = append(t.Columns, "ends at")
	for _, curve := range curves {
		o := curve.Option
		line := page.Line{Name: o.Name, Other: o.Setup.Passing == "", Strong: r.isRecommended(o)}
		if curve.End.At > 0 {
			line.End = curve.End.String()
		}
		for _, p := range curve.Points {
			v, _ := of(p)
			line.Points = append(line.Points, page.Point{X: float64(p.Items), Y: v})
		}
		if o.Feasible {
			v, text := of(option.CurvePoint{USD: o.Total().Dollars(), Seconds: o.Took.Seconds, Binds: o.Took.Binds})
			line.Dots = []page.Point{{X: float64(r.workload.Items), Y: v, Title: o.Name + ": " + text}}
		}
		chart.Lines = append(chart.Lines, line)
		row := []string{o.Name}
		for n := 100; n <= protocol.MaxItems; n *= 100 {
			row = append(row, at(curve, n, of))
		}
		t.Rows = append(t.Rows, append(row, line.End))
	}
	t.Words = []int{len(t.Columns) - 1}
	return page.Section{Title: title, Text: "Both axes are logarithmic. A dot is this workload; a cross is the limit that ends a curve.", Lines: chart, Table: t}
}

// at returns the figure of a curve at a number of items.
func at(c option.Curve, items int, of func(option.CurvePoint) (float64, string)) string {
	i, ok := slices.BinarySearchFunc(c.Points, items, func(p option.CurvePoint, n int) int { return cmp.Compare(p.Items, n) })
	if !ok && (i == len(c.Points) || float64(c.Points[i].Items) > float64(items)*1.02) {
		return "–"
	}
	_, text := of(c.Points[i])
	return text
}

// timeOf returns the time of an item with the memory of an option.
func (r *result) timeOf(o option.Option) plan.Time {
	for _, t := range r.times {
		if t.memory == o.Setup.Memory[plan.Worker] {
			return t.time
		}
	}
	return r.workload.Time
}

// batches draws the cost by the size of a batch, and the limits that end its growth.
func (r *result) batches() page.Section {
	chart := &page.Lines{X: page.Axis{Name: "items of a batch or a chunk", Unit: page.Items, From: 1, To: 10_000}, Y: page.Axis{Name: "US dollars an execution", Unit: page.Dollars}}
	t := page.Table{Columns: []string{"form", "items of a batch", "orchestration", "total", "takes"}}
	byKind := map[kind][]option.Option{}
	memory := r.job.setup.Memory[plan.Worker]
	if r.recommended != nil {
		memory = r.recommended.Setup.Memory[plan.Worker]
	}
	for _, o := range r.options {
		if o.Setup.Passing != plan.Inline && o.Setup.Memory[plan.Worker] == memory {
			byKind[kindOf(o)] = append(byKind[kindOf(o)], o)
		}
	}
	for _, k := range []kind{{plan.ByReference, plan.Standard}, {plan.ByReference, plan.Express}, {plan.ByValue, plan.Standard}, {plan.ByValue, plan.Express}} {
		options := byKind[k]
		if len(options) == 0 {
			continue
		}
		slices.SortFunc(options, func(a, b option.Option) int { return cmp.Compare(a.Setup.Batch, b.Setup.Batch) })
		line := page.Line{Name: passings[k.passing] + ", " + types[k.children], Strong: r.recommended != nil && kindOf(*r.recommended) == k}
		for _, o := range options {
			p := page.Point{X: float64(o.Setup.Batch), Y: o.Total().Dollars(), Title: settings(o.Setup) + ": " + dollars(o.Total().Dollars())}
			line.Points = append(line.Points, p)
			if o.Best {
				line.Dots = append(line.Dots, p)
			}
			t.Rows = append(t.Rows, []string{line.Name, number.Thousands(o.Setup.Batch), dollars(o.Orchestration.Dollars()), dollars(o.Total().Dollars()), lasting(o.Took.Seconds)})
			if l := o.BatchLimit; l.At > 0 && !slices.ContainsFunc(chart.Walls, func(w page.Wall) bool { return w.Name == l.Name }) {
				chart.Walls = append(chart.Walls, page.Wall{X: float64(l.At), Name: l.Name})
			}
		}
		chart.Lines = append(chart.Lines, line)
	}
	return page.Section{Title: "Cost by the size of a batch", Text: "A dot is the cheapest size of its kind; a dotted line is the limit that ends the growth of a batch.", Lines: chart, Table: t}
}
