package price_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/price"
)

// line is a line of an example: what is used in a month, and the dollars that
// AWS prints for it.
type line struct {
	key    price.Key
	amount price.Quantity
	free   bool
	cents  int64
}

// TestExamplesOfAWSComeOutToTheCent has the worked examples of AWS's pages, in
// us-east-1. As on the pages, each line is rounded, and the total is the sum of
// the rounded lines.
func TestExamplesOfAWSComeOutToTheCent(t *testing.T) {
	b := read(t, "us-east-1")
	gbSeconds := func(requests, ms, mb int64) price.Quantity { return price.Ratio(ms*mb, 1_024_000).Times(requests) }
	for _, example := range []struct {
		name  string // where it is printed
		lines []line
		total int64
	}{
		{"aws.amazon.com/lambda/pricing, mobile application backend: 3 million requests of 120 ms, 1,536 MB, x86", []line{
			{price.LambdaX86, gbSeconds(3_000_000, 120, 1536), true, 233},
			{price.LambdaRequest, price.Whole(3_000_000), true, 40},
		}, 273},
		{"aws.amazon.com/lambda/pricing, streaming telemetry: 7.44 million requests of 2 s, 1 GB, x86", []line{
			{price.LambdaX86, gbSeconds(7_440_000, 2000, 1024), false, 24800},
			{price.LambdaRequest, price.Whole(7_440_000), false, 149},
		}, 24949},
		{"aws.amazon.com/lambda/pricing, 6 million requests of 280 ms, 4 GB, x86, 2 GB of storage, of which 0.5 GB are free", []line{
			{price.LambdaX86, gbSeconds(6_000_000, 280, 4096), true, 10533},
			{price.LambdaRequest, price.Whole(6_000_000), true, 100},
			{price.LambdaStorage, gbSeconds(6_000_000, 280, 2048-512), false, 8},
		}, 10641},
		{"aws.amazon.com/lambda/pricing, mobile application launch, what runs without provisioned concurrency: 2.5 million requests of 120 ms, 1,536 MB, x86", []line{
			{price.LambdaX86, gbSeconds(2_500_000, 120, 1536), true, 83},
			{price.LambdaRequest, price.Whole(3_000_000), true, 40},
		}, 123},
		{"aws.amazon.com/lambda/pricing, durable functions: 1 million insurance claims of 32 s, 1 GB, arm64", []line{
			{price.LambdaARM, gbSeconds(1_000_000, 32_000, 1024), true, 42134},
			{price.LambdaRequest, price.Whole(2_000_000), true, 20},
			{price.DurableOperation, price.Whole(4_000_000), false, 3200},
			{price.DurableWrittenGB, price.Whole(104), false, 2600},
			{price.DurableRetainedGBMonth, price.Ratio(104*7, 30).Plus(price.Ratio(104*14, 30)), false, 1092},
		}, 49046},
		{"aws.amazon.com/s3/faqs, requests: 10,000 PUT and 20,000 GET each day of March", []line{
			{price.S3Put, price.Whole(10_000).Times(31), false, 155},
			{price.S3Get, price.Whole(20_000).Times(31), false, 25},
		}, 180},
		{"aws.amazon.com/xray/pricing: 2,000 requests an hour for 31 days, 10% sampled", []line{
			{price.Trace, price.Ratio(1, 10).Times(2000 * 24 * 31), true, 24},
		}, 24},
	} {
		t.Run(example.name, func(t *testing.T) {
			var total int64
			for _, l := range example.lines {
				got, err := b.Cost(l.key, l.amount, price.Quantity{}, l.free)
				if err != nil || got.Cents() != l.cents {
					t.Errorf("%s: got %d cents and %v, expected %d", l.key, got.Cents(), err, l.cents)
				}
				total += got.Cents()
			}
			if total != example.total {
				t.Errorf("got %d cents in all, expected %d", total, example.total)
			}
		})
	}
}

// TestTheExpressExampleOfAWSComesOutToTheCent prices 100 million workflows of
// 10 s in 64 MB. The page has prices by the GB-hour, rounded from those by the
// GB-second in the price list, which come out 9 cents lower.
func TestTheExpressExampleOfAWSComesOutToTheCent(t *testing.T) {
	byHour := write(t, `{"version": 1, "regions": {"us-east-1": {"prices": {"states.express.gb-second": {
		"tiers": [{"from": "0", "usd": "0.06"}, {"from": "1000", "usd": "0.03"}, {"from": "5000", "usd": "0.01642"}],
		"unit": "GB-hour", "source": "https://aws.amazon.com/step-functions/pricing/", "date": "2026-11-28"}}}}}`)
	seconds := price.Ratio(64, 1024).Times(10).Times(100_000_000)
	for _, c := range []struct {
		name  string
		book  *price.Book
		used  price.Quantity
		cents int64
	}{
		{"by the GB-hour of the page", read(t, "us-east-1", byHour), price.Ratio(62_500_000, 3600), 382_97},
		{"by the GB-second of the price list", read(t, "us-east-1"), seconds, 382_88},
	} {
		t.Run(c.name, func(t *testing.T) {
			requests, err := c.book.Cost(price.ExpressRequest, price.Whole(100_000_000), price.Quantity{}, false)
			if err != nil || requests.Cents() != 100_00 {
				t.Errorf("got %d cents of requests and %v, expected $100", requests.Cents(), err)
			}
			duration, err := c.book.Cost(price.ExpressGBSecond, c.used, price.Quantity{}, false)
			if err != nil || duration.Cents() != c.cents {
				t.Errorf("got %d cents of duration and %v, expected %d", duration.Cents(), err, c.cents)
			}
		})
	}
}

// TestTheDistributedMapExamplesOfAWSComeOutToTheCent has what AWS's workshop
// "Large-scale Data Processing with Step Functions" says of 50 million objects in
// batches: a Standard child with two steps has three transitions, one to start it,
// and an Express child one, a request and its duration at $0.0000001042 for 100 ms
// of 64 MB. That price is rounded: with the price list's, two of the seven are a
// cent lower.
func TestTheDistributedMapExamplesOfAWSComeOutToTheCent(t *testing.T) {
	list := read(t, "us-east-1")
	by100Ms := read(t, "us-east-1", write(t, `{"version": 1, "regions": {"us-east-1": {"prices": {"states.express.gb-second": {
		"tiers": [{"from": "0", "usd": "0.0000001042"}], "unit": "100 ms of 64 MB",
		"source": "https://catalog.us-east-1.prod.workshops.aws/workshops/2a22e604-2f2e-4d7b-85a8-33b38c999234", "date": "2026-11-28"}}}}}`))
	cost := func(b *price.Book, key price.Key, amount price.Quantity) price.Amount {
		t.Helper()
		got, err := b.Cost(key, amount, price.Quantity{}, false)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		children, ms            int64
		standard, express, list int64 // cents
	}{
		{500_000, 28_000, 37_50, 27_59, 27_59}, // batches of 100
		{250_000, 32_000, 18_75, 14_84, 14_84},
		{125_000, 62_000, 9_38, 11_33, 11_32},
		{100_000, 74_000, 7_50, 10_31, 10_31},
		{83_333, 90_000, 6_25, 9_98, 9_98},
		{62_500, 120_000, 4_69, 9_44, 9_44},
		{50_000, 150_000, 3_75, 9_12, 9_11},
		{1000, 30_000, 8, 6, 6}, // of 500,000 objects; the workshop prints $0.057
	} {
		standard := cost(list, price.Transition, price.Whole(3*c.children))
		started := cost(list, price.Transition, price.Whole(c.children)).Plus(cost(list, price.ExpressRequest, price.Whole(c.children)))
		express := started.Plus(cost(by100Ms, price.ExpressGBSecond, price.Ratio(c.ms, 100).Times(c.children)))
		listed := started.Plus(cost(list, price.ExpressGBSecond, price.Ratio(c.ms*64, 1_024_000).Times(c.children)))
		if standard.Cents() != c.standard || express.Cents() != c.express || listed.Cents() != c.list {
			t.Errorf("%d children of %d ms: got %d cents as Standard, %d as Express and %d by the price list, expected %d, %d and %d",
				c.children, c.ms, standard.Cents(), express.Cents(), listed.Cents(), c.standard, c.express, c.list)
		}
	}
	// Children with one step and with five, of 500,000 objects in batches of 500; and
	// three steps, moved out of a Standard workflow that runs 1,000 times
	// (aws-samples/the-aws-step-functions-workshop, module 13).
	for transitions, dollars := range map[int64]float64{2 * 1000: 0.05, 6 * 1000: 0.15, 3 * 1000: 0.075} {
		if got := cost(list, price.Transition, price.Whole(transitions)); got.Dollars() != dollars {
			t.Errorf("%d transitions: got $%v, expected $%v", transitions, got.Dollars(), dollars)
		}
	}
	nested := cost(list, price.ExpressRequest, price.Whole(1000)).Plus(cost(by100Ms, price.ExpressGBSecond, price.Whole(113*1000)))
	if nested.Cents() != 1 {
		t.Errorf("got %d cents for 1,000 nested Express workflows of 11.3 s, expected 1", nested.Cents())
	}
}
