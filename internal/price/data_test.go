package price

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestEachFigureHasASourceAndADateThatHasBeen(t *testing.T) {
	d, err := parse(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.check(time.Now(), nil, nil); err != nil {
		t.Error(err)
	}
	for region, r := range d.Regions {
		for k, p := range r.Prices {
			if !strings.HasPrefix(p.Source, "https://") || p.Read == "" {
				t.Errorf("%s in %s: got the source %q, read in %q, expected an address of AWS and where it was read", k, region, p.Source, p.Read)
			}
		}
		if d.Quotas[r.Quotas] == nil {
			t.Errorf("%s: got the quotas %q, expected a set of the file", region, r.Quotas)
		}
	}
	for set, figures := range d.Quotas {
		for name, f := range figures {
			if !strings.HasPrefix(f.Source, "https://") || f.Read == "" {
				t.Errorf("quota %s of %s: got the source %q, read in %q, expected an address of AWS and where it was read", name, set, f.Source, f.Read)
			}
			if large, ok := d.Quotas["large"][name]; !ok || (large.Burst == 0) != (f.Burst == 0) && !f.Unpublished {
				t.Errorf("quota %s of %s: got %+v, expected the same kind of quota as the large set has, %+v", name, set, f, large)
			}
		}
	}
	for name, f := range d.Assumptions {
		if !strings.HasPrefix(f.Source, "assumption: ") && !strings.HasPrefix(f.Source, "measured: ") && !strings.HasPrefix(f.Source, "https://") {
			t.Errorf("assumption %s: got the source %q, expected it to begin with \"assumption: \", \"measured: \" or an address", name, f.Source)
		}
	}
}

// TestNoPriceChangesUnseen compares every price with a list of the first, a middle
// and the last tier: a change of the data is a change of the list.
func TestNoPriceChangesUnseen(t *testing.T) {
	d, err := parse(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, region := range slices.Sorted(maps.Keys(d.Regions)) {
		b, err := Read(region)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			fmt.Fprintf(&got, "%s %s", region, k.key)
			if !b.Has(k.key) {
				got.WriteString(" not priced\n")
				continue
			}
			p := b.prices[k.key]
			for _, tier := range p.tiers {
				fmt.Fprintf(&got, " %v:%v", tier.from.Float(), float64(tier.units)/unitsOfDollar)
			}
			fmt.Fprintf(&got, " free %v\n", p.free.Float())
		}
		for _, name := range slices.Sorted(maps.Keys(b.quotas)) {
			f, _ := b.Quota(name)
			fmt.Fprintf(&got, "%s %s %v %v\n", region, name, f.Value, f.Burst)
		}
	}
	const file = "testdata/prices.txt"
	if os.Getenv("UPDATE_SNAPS") == "true" {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got.String() {
		t.Errorf("got %v and\n%s\nexpected what %s has; UPDATE_SNAPS=true rewrites it", err, got.String(), file)
	}
}

// TestMeasuredRatesAreThoseOfTheBenchmarks compares with the table of
// docs/benchmarks.md.
func TestMeasuredRatesAreThoseOfTheBenchmarks(t *testing.T) {
	d, err := parse(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, f := range d.Assumptions {
		rate := regexp.MustCompile(`docs/benchmarks.md, (kit/[a-z]+-speed)`).FindStringSubmatch(f.Source)
		if rate == nil {
			continue
		}
		row := regexp.MustCompile("\\| `" + rate[1] + "` \\| ([0-9,]+) ").FindSubmatch(table)
		if row == nil {
			t.Fatalf("%s: got no figure %s in docs/benchmarks.md, expected one", name, rate[1])
		}
		if got := strings.ReplaceAll(string(row[1]), ",", ""); got != strconv.Itoa(int(f.Value)) {
			t.Errorf("%s: got %v, expected %s as in docs/benchmarks.md", name, f.Value, row[1])
		}
		compared++
	}
	if compared != 2 {
		t.Errorf("compared %d rates, expected those of the job start and the summary", compared)
	}
}

func TestTheDocumentationNamesWhatIsNotPriced(t *testing.T) {
	d, err := parse(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/prices.md")
	if err != nil {
		t.Fatal(err)
	}
	for region, r := range d.Regions {
		var missing []string
		for _, k := range keys {
			if _, ok := r.Prices[k.key]; !ok {
				missing = append(missing, "`"+string(k.key)+"`")
			}
		}
		if row := fmt.Sprintf("| %s | %s |\n", region, strings.Join(missing, ", ")); !strings.Contains(string(page), row) {
			t.Errorf("docs/prices.md lacks the row\n%s", row)
		}
	}
}
