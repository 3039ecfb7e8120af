package price_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
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

func TestFilesAreLaidOverTheBuiltInPrices(t *testing.T) {
	const origin = `"unit": "request", "source": "our contract", "date": "2026-11-01"`
	put := func(usd string) string {
		return write(t, `{"version": 1, "regions": {"us-east-1": {"prices": {"s3.put": {"tiers": [{"from": "0", "usd": "`+usd+`"}], `+origin+`}}}},
			"quotas": {"large": {"lambda.concurrency": {"value": 3000, `+origin+`}}}, "assumptions": {"state-seconds": {"value": 0.1, `+origin+`}}}`)
	}
	last := put("3")
	b := read(t, "us-east-1", put("2"), last)
	for key, dollars := range map[price.Key]float64{price.S3Put: 3, price.S3Get: 0.0000004} {
		if got, err := b.Cost(key, price.Whole(1), price.Quantity{}, false); err != nil || got.Dollars() != dollars {
			t.Errorf("%s: got %v and %v, expected %v", key, got.Dollars(), err, dollars)
		}
	}
	if f, ok := b.Quota("lambda.concurrency"); !ok || f.Value != 3000 {
		t.Errorf("got a concurrency of %+v, expected that of the file", f)
	}
	if f := b.Assumption("state-seconds"); f.Value != 0.1 || f.Source != "our contract" {
		t.Errorf("got %+v, expected the assumption of the file", f)
	}
	over := map[string]string{}
	for _, s := range b.Sources() {
		if s.File != "" {
			over[s.Name] = s.File
		}
	}
	if len(over) != 3 || over["s3.put"] != last || over["lambda.concurrency"] != last || over["state-seconds"] != last {
		t.Errorf("got %v as overridden, expected three names with the last file", over)
	}
}

func TestAFileMayHaveARegionOfItsOwn(t *testing.T) {
	var prices strings.Builder
	for _, key := range []string{"states.transition", "lambda.request", "lambda.gb-second.x86_64", "lambda.gb-second.arm64", "s3.put",
		"s3.get", "dynamodb.write-unit", "dynamodb.read-unit", "sqs.request", "logs.gb"} {
		prices.WriteString(`"` + key + `": {"tiers": [{"from": "0", "usd": "1"}], "unit": "a", "source": "b", "date": "2026-11-01"},`)
	}
	file := func(set string) string {
		return write(t, `{"version": 1, "regions": {"eu-north-1": {"prices": {`+strings.TrimSuffix(prices.String(), ",")+`}`+set+`}}}`)
	}
	b := read(t, "eu-north-1", file(`, "quotas": "small"`))
	if f, ok := b.Quota("states.transitions"); !ok || f.Value != 800 || f.Burst != 800 {
		t.Errorf("got %+v, expected the transitions of a small region", f)
	}
	if f, ok := b.Quota("states.events"); !ok || f.Value != 25_000 {
		t.Errorf("got %+v, expected the events of every region", f)
	}
	_, err := b.Cost(price.Trace, price.Whole(1), price.Quantity{}, false)
	var missing *price.MissingError
	if !errors.As(err, &missing) || err.Error() != "xray.trace: not priced in eu-north-1" {
		t.Errorf("got %v, expected a MissingError", err)
	}
	for set, want := range map[string]string{
		"":                     `region eu-north-1: got the quotas "", expected one of large, new, small`,
		`, "quotas": "middle"`: `region eu-north-1: got the quotas "middle", expected one of large, new, small`,
	} {
		if _, err := price.Read("eu-north-1", file(set)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	missingPrice := write(t, `{"version": 1, "regions": {"eu-north-1": {"prices": {}, "quotas": "small"}}}`)
	if _, err := price.Read("eu-north-1", missingPrice); err == nil || err.Error() != "region eu-north-1: got no price of states.transition, expected one" {
		t.Errorf("got %v, expected the region to be refused for its first missing price", err)
	}
}

func TestQuotas(t *testing.T) {
	b := read(t, "us-east-1")
	change := func(b *price.Book, quota string, value float64) *price.Book {
		t.Helper()
		b, err := b.With(quota, value)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	account := func(name string) *price.Book {
		t.Helper()
		b, err := b.For(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name        string
		book        *price.Book
		quota       string
		value       float64
		burst       float64
		isPublished bool
	}{
		{"built in", b, "states.transitions", 5000, 5000, true},
		{"both", change(b, "states.transitions", 100), "states.transitions", 100, 100, true},
		{"the rate", change(b, "states.transitions.rate", 100), "states.transitions", 100, 5000, true},
		{"the burst", change(b, "states.transitions.burst", 100), "states.transitions", 5000, 100, true},
		{"no rate", change(b, "lambda.concurrency", 3000), "lambda.concurrency", 3000, 0, true},
		{"of the first book, after changes of others", b, "lambda.concurrency", 1000, 0, true},
		{"a new account", account("new"), "lambda.concurrency", 10, 0, true},
		{"a new account, not published", account("new"), "states.transitions", 0, 0, false},
		{"a new account, given", change(account("new"), "states.transitions.rate", 50), "states.transitions", 50, 50, true},
		{"unknown", b, "states.cheese", 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if f, ok := c.book.Quota(c.quota); ok != c.isPublished || f.Value != c.value || f.Burst != c.burst {
				t.Errorf("got %+v and %v, expected %v, burst %v and %v", f, ok, c.value, c.burst, c.isPublished)
			}
		})
	}
	for _, c := range []struct {
		quota string
		value float64
		want  string
	}{
		{"states.cheese", 1, `quota "states.cheese": got an unknown name, expected one of dynamodb.record-writes, `},
		{"lambda.concurrency.rate", 1, `quota "lambda.concurrency.rate": got a quota that has no rate and burst, expected lambda.concurrency`},
		{"lambda.concurrency", 0, `quota "lambda.concurrency": got 0, expected a number above 0`},
		{"lambda.concurrency", math.NaN(), `quota "lambda.concurrency": got NaN, expected a number above 0`},
	} {
		if _, err := b.With(c.quota, c.value); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if _, err := b.For("rich"); err == nil || err.Error() != `account "rich": got an unknown kind, expected one of large, new, small` {
		t.Errorf("got %v, expected an unknown kind of account to be refused", err)
	}
}

func TestTheExampleOfTheDocumentationIsRead(t *testing.T) {
	text, err := os.ReadFile("../../docs/prices.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	b := read(t, "eu-west-1", write(t, example))
	got, err := b.Cost(price.Transition, price.Whole(10_004_001), price.Quantity{}, true)
	if err != nil || got.Dollars() != 200.000018 {
		t.Errorf("got %v and %v, expected ten million transitions and one at another price", got.Dollars(), err)
	}
	if f, ok := b.Quota("lambda.concurrency"); !ok || f.Value != 5000 {
		t.Errorf("got %+v, expected the quota of the example", f)
	}
	if f := b.Assumption("state-seconds"); f.Value != 0.03 {
		t.Errorf("got %+v, expected the assumption of the example", f)
	}
}

func TestALimitIsAQuotaOrOutOfReach(t *testing.T) {
	b := read(t, "us-east-1")
	if q, ok := b.Quota("lambda.concurrency"); !ok || b.Limit("lambda.concurrency") != q.Value {
		t.Errorf("got the limit %v, expected the quota %v", b.Limit("lambda.concurrency"), q.Value)
	}
	if got := b.Limit("no.such"); got < 2e9 {
		t.Errorf("got the limit %v of no quota, expected one that nothing reaches", got)
	}
}
