// Package price has prices and quotas of AWS, with the source and the date of
// each, and works out what an amount of something costs.
package price

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Book has the prices, quotas and assumptions for one region. It is never
// changed.
type Book struct {
	region      string
	prices      map[Key]priced
	quotas      map[string]figure
	assumptions map[string]figure
	sets        map[string]map[string]figure // quotas by kind of account or region
}

// Figure is a number with its source.
type Figure struct {
	Value  float64
	Burst  float64 // of a rate: what may be used at once
	Unit   string
	Source string
	Date   string // as of when the source gives the figure
	Read   string // where the source was read, if that was a copy
}

// Source tells where a price, a quota or an assumption is from.
type Source struct {
	Name, Source, Date, Read string
	File                     string // has the figure in place of mapjob's own data; empty: none
}

// Region returns the name of the region.
func (b *Book) Region() string { return b.region }

// Cost prices an amount of one month. before is what the month has used already,
// for tiers; free subtracts what AWS gives away each month. It returns a
// *MissingError if the region has no such price.
func (b *Book) Cost(k Key, amount, before Quantity, free bool) (Amount, error) {
	p, ok := b.prices[k]
	if !ok {
		return Amount{}, &MissingError{Region: b.region, Key: k}
	}
	end := before.Plus(amount)
	if free {
		before, end = before.without(p.free), end.without(p.free)
	}
	var cost Amount
	for i, tier := range p.tiers {
		to := end
		if i+1 < len(p.tiers) && p.tiers[i+1].from.cmp(end) < 0 {
			to = p.tiers[i+1].from
		}
		from := before
		if tier.from.cmp(from) > 0 {
			from = tier.from
		}
		cost = cost.Plus(times(tier.units, to.without(from)))
	}
	return cost, nil
}

// Has reports whether the region has a price.
func (b *Book) Has(k Key) bool {
	_, ok := b.prices[k]
	return ok
}

// Quota returns a quota, such as "lambda.concurrency". It reports false if AWS
// publishes no number for such an account.
func (b *Book) Quota(name string) (Figure, bool) {
	f, ok := b.quotas[name]
	return f.Figure, ok && !f.unpublished
}

// Limit returns the value of a quota, or a number that nothing reaches if AWS publishes
// none.
func (b *Book) Limit(name string) float64 {
	if f, ok := b.Quota(name); ok {
		return f.Value
	}
	return math.MaxInt32
}

// Assumption returns what mapjob assumes or has measured, such as
// "log-bytes-per-invocation". It panics if there is no such assumption.
func (b *Book) Assumption(name string) Figure {
	f, ok := b.assumptions[name]
	if !ok {
		panic(fmt.Sprintf("price: got the assumption %q, expected one of %s", name, list(b.assumptions)))
	}
	return f.Figure
}

// With returns the book with another quota. The name may end in .rate or .burst;
// without either, both change, as they do if AWS publishes neither.
func (b *Book) With(quota string, value float64) (*Book, error) {
	name, rate := strings.CutSuffix(quota, ".rate")
	name, burst := strings.CutSuffix(name, ".burst")
	f, ok := b.quotas[name]
	if !ok {
		return nil, fmt.Errorf("quota %q: got an unknown name, expected one of %s", quota, list(b.quotas))
	}
	if (rate || burst) && f.Burst == 0 && !f.unpublished {
		return nil, fmt.Errorf("quota %q: got a quota that has no rate and burst, expected %s", quota, name)
	}
	if !(value > 0) {
		return nil, fmt.Errorf("quota %q: got %v, expected a number above 0", quota, value)
	}
	switch {
	case f.unpublished:
		f.Value, f.Burst, f.unpublished = value, value, false
	case burst:
		f.Burst = value
	case rate || f.Burst == 0:
		f.Value = value
	default:
		f.Value, f.Burst = value, value
	}
	f.Source, f.Date, f.Read, f.file = "given", "", "", "--quota"
	return b.withQuotas(map[string]figure{name: f}), nil
}

// For returns the book with the quotas of a kind of account, such as "new".
func (b *Book) For(account string) (*Book, error) {
	set, ok := b.sets[account]
	if !ok {
		return nil, fmt.Errorf("account %q: got an unknown kind, expected one of %s", account, list(b.sets))
	}
	return b.withQuotas(set), nil
}

func (b *Book) withQuotas(over map[string]figure) *Book {
	other := *b
	other.quotas = maps.Clone(b.quotas)
	maps.Copy(other.quotas, over)
	return &other
}

// Sources returns the sources of everything in the book, by name.
func (b *Book) Sources() []Source {
	var sources []Source
	for k, p := range b.prices {
		sources = append(sources, Source{string(k), p.source, p.date, p.read, p.file})
	}
	for _, figures := range []map[string]figure{b.quotas, b.assumptions} {
		for name, f := range figures {
			sources = append(sources, Source{name, f.Source, f.Date, f.Read, f.file})
		}
	}
	slices.SortFunc(sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	return sources
}

// UnknownRegionError is returned if no data has prices of a region.
type UnknownRegionError struct {
	Region string
	Known  []string
}

// Error names the regions that have prices.
func (e *UnknownRegionError) Error() string {
	return fmt.Sprintf("region %q: got no sourced prices, expected one of %s, or --prices with them", e.Region, strings.Join(e.Known, ", "))
}

// MissingError is returned if a region has no price for something.
type MissingError struct {
	Region string
	Key    Key
}

// Error names the price and the region.
func (e *MissingError) Error() string { return fmt.Sprintf("%s: not priced in %s", e.Key, e.Region) }

func list[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
