package price

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed data/aws.json
var builtIn []byte

// document is a data file: mapjob's own, or one that a user lays over it.
type document struct {
	Version     int                              `json:"version"`
	Regions     map[string]region                `json:"regions"`
	Quotas      map[string]map[string]jsonFigure `json:"quotas"`
	Assumptions map[string]jsonFigure            `json:"assumptions"`
}

type region struct {
	Prices map[Key]jsonPrice `json:"prices"`
	Quotas string            `json:"quotas"` // name of the set
}

type origin struct {
	Unit   string `json:"unit"`
	Source string `json:"source"`
	SKU    string `json:"sku"` // in the price list
	Read   string `json:"read"`
	Date   string `json:"date"`
}

type jsonPrice struct {
	Tiers []struct {
		From string `json:"from"`
		USD  string `json:"usd"`
	} `json:"tiers"`
	Free string `json:"free"`
	origin
}

type jsonFigure struct {
	Value       float64 `json:"value"`
	Burst       float64 `json:"burst"`
	Unpublished bool    `json:"unpublished"` // AWS says "less", and no number
	origin
}

// priced is a price in tiers.
type priced struct {
	tiers                    []tier
	free                     Quantity
	source, date, read, file string
}

type tier struct {
	from  Quantity
	units uint64
}

// figure is a Figure with what its file says about it.
type figure struct {
	Figure
	unpublished bool
	file        string
}

// Read returns the book of a region from mapjob's own data, with what the files
// say in place of it. The files have the same format. Read returns an
// *UnknownRegionError if no data has prices of the region.
func Read(region string, files ...string) (*Book, error) {
	b := &Book{region: region, prices: map[Key]priced{}, assumptions: map[string]figure{}, sets: map[string]map[string]figure{}}
	set, known := "", map[string]bool{}
	add := func(data []byte, file string, today time.Time) error {
		d, err := parse(data)
		if err == nil {
			err = d.check(today, b.sets["large"], b.assumptions)
		}
		if err != nil {
			return err
		}
		for name, r := range d.Regions {
			known[name] = true
			if name == region {
				set = cmp.Or(r.Quotas, set)
				for k, p := range r.Prices {
					b.prices[k] = p.priced(file)
				}
			}
		}
		for name, figures := range d.Quotas {
			if b.sets[name] == nil {
				b.sets[name] = map[string]figure{}
			}
			lay(b.sets[name], figures, file)
		}
		lay(b.assumptions, d.Assumptions, file)
		return nil
	}
	if err := add(builtIn, "", time.Time{}); err != nil {
		return nil, fmt.Errorf("mapjob's prices: %w", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = add(data, file, time.Now())
		}
		if err != nil {
			return nil, fmt.Errorf("prices %s: %w", file, err)
		}
	}
	if !known[region] {
		return nil, &UnknownRegionError{Region: region, Known: slices.Sorted(maps.Keys(known))}
	}
	for _, k := range keys {
		if _, ok := b.prices[k.key]; k.required && !ok {
			return nil, fmt.Errorf("region %s: got no price of %s, expected one", region, k.key)
		}
	}
	if b.sets[set] == nil {
		return nil, fmt.Errorf("region %s: got the quotas %q, expected one of %s", region, set, list(b.sets))
	}
	b.quotas = maps.Clone(b.sets["large"])
	return b.For(set)
}

func lay(over map[string]figure, figures map[string]jsonFigure, file string) {
	for name, f := range figures {
		over[name] = figure{
			Figure:      Figure{Value: f.Value, Burst: f.Burst, Unit: f.Unit, Source: f.Source, Date: f.Date, Read: f.Read},
			unpublished: f.Unpublished,
			file:        file,
		}
	}
}

// priced returns a price that was checked.
func (p jsonPrice) priced(file string) priced {
	r := priced{source: p.Source, date: p.Date, read: p.Read, file: file}
	r.free, _ = whole(cmp.Or(p.Free, "0"))
	for _, t := range p.Tiers {
		from, _ := whole(t.From)
		usd, _ := units(t.USD)
		r.tiers = append(r.tiers, tier{from, usd})
	}
	return r
}

func parse(data []byte) (*document, error) {
	var d document
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("got more after the document, expected one JSON object")
	}
	if d.Version != 1 {
		return nil, fmt.Errorf("version: got %d, expected 1", d.Version)
	}
	return &d, nil
}

// check returns all that is wrong with a document. Quotas and assumptions that
// mapjob doesn't know are refused if there are known ones. A zero today accepts
// any date.
func (d *document) check(today time.Time, quotas, assumptions map[string]figure) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(d.Regions)) {
		for _, k := range slices.Sorted(maps.Keys(d.Regions[name].Prices)) {
			path := "regions." + name + ".prices." + string(k)
			p := d.Regions[name].Prices[k]
			if !slices.ContainsFunc(keys, func(known key) bool { return known.key == k }) {
				problems = append(problems, fmt.Errorf("%s: got an unknown price, expected one such as %s", path, Transition))
			}
			problems = append(problems, p.check(path), p.origin.check(path, today))
		}
	}
	for _, set := range slices.Sorted(maps.Keys(d.Quotas)) {
		problems = append(problems, checkFigures("quotas."+set, d.Quotas[set], quotas, today))
	}
	problems = append(problems, checkFigures("assumptions", d.Assumptions, assumptions, today))
	return errors.Join(problems...)
}

func checkFigures(path string, figures map[string]jsonFigure, known map[string]figure, today time.Time) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		path, f := path+"."+name, figures[name]
		if _, ok := known[name]; !ok && known != nil && len(known) > 0 {
			problems = append(problems, fmt.Errorf("%s: got an unknown name, expected one of %s", path, list(known)))
		}
		if f.Value < 0 || f.Burst < 0 || !f.Unpublished && f.Value == 0 {
			problems = append(problems, fmt.Errorf("%s: got the value %v and the burst %v, expected a value above 0", path, f.Value, f.Burst))
		}
		problems = append(problems, f.origin.check(path, today))
	}
	return errors.Join(problems...)
}

func (p jsonPrice) check(path string) error {
	if len(p.Tiers) == 0 {
		return fmt.Errorf("%s: got no tiers, expected at least one", path)
	}
	if _, err := whole(cmp.Or(p.Free, "0")); err != nil {
		return fmt.Errorf("%s: free: %w", path, err)
	}
	last := Quantity{}
	for i, t := range p.Tiers {
		from, err := whole(t.From)
		if err == nil {
			_, err = units(t.USD)
		}
		if err != nil {
			return fmt.Errorf("%s: tiers[%d]: %w", path, i, err)
		}
		if i == 0 && from != last || i > 0 && from.cmp(last) <= 0 {
			return fmt.Errorf("%s: tiers[%d]: got from %s, expected 0 for the first tier and more for each one after it", path, i, t.From)
		}
		last = from
	}
	return nil
}

func (o origin) check(path string, today time.Time) error {
	var problems []error
	for _, field := range []struct{ name, value string }{{"unit", o.Unit}, {"source", o.Source}, {"date", o.Date}} {
		if strings.TrimSpace(field.value) == "" {
			problems = append(problems, fmt.Errorf("%s: got no %s, expected one", path, field.name))
		}
	}
	if o.Date != "" {
		date, err := time.Parse(time.DateOnly, o.Date)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: got the date %q, expected one such as 2026-08-31", path, o.Date))
		} else if tomorrow := today.AddDate(0, 0, 1); !today.IsZero() && date.After(tomorrow) { // it may be tomorrow elsewhere
			problems = append(problems, fmt.Errorf("%s: got the date %s, which is in the future, expected that of the source", path, o.Date))
		}
	}
	return errors.Join(problems...)
}

// whole reads a whole number of at least 0.
func whole(text string) (Quantity, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return Quantity{}, fmt.Errorf("got %q, expected a whole number such as \"4000\"", text)
	}
	return Whole(n), nil
}

// units reads dollars as units of 1e-13.
func units(text string) (uint64, error) {
	r, ok := new(big.Rat).SetString(text)
	if ok && !strings.ContainsAny(text, "eE/_xXpP") {
		r.Mul(r, big.NewRat(unitsOfDollar, 1))
		if r.IsInt() && r.Sign() >= 0 && r.Num().IsUint64() {
			return r.Num().Uint64(), nil
		}
	}
	return 0, fmt.Errorf("got %q, expected dollars with at most 13 decimals such as \"0.000025\"", text)
}
