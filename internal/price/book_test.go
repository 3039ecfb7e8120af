package price_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mapjob/mapjob/internal/price"
)

func read(t *testing.T, region string, files ...string) *price.Book {
	t.Helper()
	b, err := price.Read(region, files...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCostOfTiersAndTheFreeTier(t *testing.T) {
	b := read(t, "us-east-1")
	for _, c := range []struct {
		name           string
		key            price.Key
		amount, before price.Quantity
		free           bool
		dollars        float64
	}{
		{"nothing", price.Transition, price.Whole(0), price.Whole(0), false, 0},
		{"one transition", price.Transition, price.Whole(1), price.Whole(0), false, 0.000025},
		{"within the free tier", price.Transition, price.Whole(4000), price.Whole(0), true, 0},
		{"one above the free tier", price.Transition, price.Whole(4001), price.Whole(0), true, 0.000025},
		{"the month has used half the free tier", price.Transition, price.Whole(3000), price.Whole(2000), true, 0.025},
		{"the month has used the free tier", price.Transition, price.Whole(1000), price.Whole(4000), true, 0.025},
		{"up to the end of the first tier", price.ExpressGBSecond, price.Whole(3_600_000), price.Whole(0), false, 60.012},
		{"over the end of the first tier", price.ExpressGBSecond, price.Whole(3_600_001), price.Whole(0), false, 60.01200833},
		{"all tiers", price.ExpressGBSecond, price.Whole(18_000_001), price.Whole(0), false, 60.012 + 119.952 + 0.00000456},
		{"in the second tier", price.ExpressGBSecond, price.Whole(2), price.Whole(3_600_000), false, 0.00001666},
		{"a fraction", price.ExpressGBSecond, price.Ratio(1, 80), price.Whole(0), false, 0.000000208375},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := b.Cost(c.key, c.amount, c.before, c.free)
			if err != nil || got.Dollars() != c.dollars {
				t.Errorf("got %v and %v, expected %v", got.Dollars(), err, c.dollars)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	const good = `"unit": "request", "source": "invoice", "date": "2026-11-01"`
	for _, c := range []struct{ name, file, want string }{
		{"no JSON", `{`, "unexpected EOF"},
		{"more than a document", `{"version": 1} {}`, "got more after the document, expected one JSON object"},
		{"another version", `{"version": 2}`, "version: got 2, expected 1"},
		{"an unknown field", `{"version": 1, "region": {}}`, `json: unknown field "region"`},
		{"an unknown price", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.putt": {"tiers": [{"from": "0", "usd": "1"}], ` + good + `}}}}}`,
			"regions.us-east-1.prices.s3.putt: got an unknown price, expected one such as states.transition"},
		{"a price without a source", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "1"}], "unit": "request", "date": "2026-11-01"}}}}}`,
			"regions.us-east-1.prices.s3.put: got no source, expected one"},
		{"a price without a date", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "1"}], "unit": "request", "source": "invoice"}}}}}`,
			"regions.us-east-1.prices.s3.put: got no date, expected one"},
		{"a date in the future", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "1"}], "unit": "request", "source": "invoice", "date": "2999-01-01"}}}}}`,
			"regions.us-east-1.prices.s3.put: got the date 2999-01-01, which is in the future, expected that of the source"},
		{"no date", `{"version": 1, "quotas": {"large": {"lambda.concurrency": {"value": 1, "unit": "a", "source": "b", "date": "May"}}}}`,
			`quotas.large.lambda.concurrency: got the date "May", expected one such as 2026-08-31`},
		{"no tiers", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {` + good + `}}}}}`,
			"regions.us-east-1.prices.s3.put: got no tiers, expected at least one"},
		{"a first tier above 0", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "1", "usd": "1"}], ` + good + `}}}}}`,
			"regions.us-east-1.prices.s3.put: tiers[0]: got from 1, expected 0 for the first tier and more for each one after it"},
		{"tiers that don't grow", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "2"}, {"from": "9", "usd": "2"}, {"from": "9", "usd": "1"}], ` + good + `}}}}}`,
			"regions.us-east-1.prices.s3.put: tiers[2]: got from 9, expected 0 for the first tier and more for each one after it"},
		{"too many decimals", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "0.00000000000001"}], ` + good + `}}}}}`,
			`regions.us-east-1.prices.s3.put: tiers[0]: got "0.00000000000001", expected dollars with at most 13 decimals such as "0.000025"`},
		{"a negative price", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "-1"}], ` + good + `}}}}}`,
			`regions.us-east-1.prices.s3.put: tiers[0]: got "-1", expected dollars with at most 13 decimals such as "0.000025"`},
		{"free that is no number", `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "1"}], "free": "some", ` + good + `}}}}}`,
			`regions.us-east-1.prices.s3.put: free: got "some", expected a whole number such as "4000"`},
		{"a quota of 0", `{"version": 1, "quotas": {"large": {"lambda.concurrency": {"value": 0, "unit": "a", "source": "b", "date": "2026-11-01"}}}}`,
			"quotas.large.lambda.concurrency: got the value 0 and the burst 0, expected a value above 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(t, c.file)
			_, err := price.Read("us-east-1", file)
			if want := "prices " + file + ": " + c.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "prices.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReadRefusesAnUnknownRegion(t *testing.T) {
	_, err := price.Read("eu-north-1")
	var unknown *price.UnknownRegionError
	if !errors.As(err, &unknown) || unknown.Region != "eu-north-1" || len(unknown.Known) == 0 {
		t.Fatalf("got %v, expected an UnknownRegionError", err)
	}
}
