package plan

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/price"
)

// dollars writes an amount in cents, or with two digits if it is less than a cent.
func dollars(usd float64) string {
	switch {
	case usd == 0:
		return "$0"
	case usd < 0.00005:
		return "<$0.0001"
	case usd < 0.00995:
		return "$" + strconv.FormatFloat(usd, 'f', 1-int(math.Floor(math.Log10(usd))), 64)
	}
	text := strconv.FormatFloat(usd, 'f', 2, 64)
	whole, cents, _ := strings.Cut(text, ".")
	n, _ := strconv.Atoi(whole)
	return "$" + number.Thousands(n) + "." + cents
}

// lasting writes a time: 0.35 s, 1.5 s, 26 s, 30m 26s, 27h 46m, 12d 4h.
func lasting(seconds float64) string {
	switch {
	case seconds < 9.95:
		return strconv.FormatFloat(seconds, 'g', 2, 64) + "s"
	case seconds < 59.5:
		return strconv.FormatFloat(seconds, 'f', 0, 64) + "s"
	}
	s := int(math.Round(seconds))
	switch {
	case s < 3600:
		return fmt.Sprintf("%dm %ds", s/60, s%60)
	case s < 100*3600:
		return fmt.Sprintf("%dh %dm", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%dd %dh", s/86_400, s%86_400/3600)
}

// milliseconds writes the time of an item.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms >= 10_000 {
		return lasting(ms / 1000)
	}
	return strconv.FormatFloat(math.Round(ms*1000)/1000, 'f', -1, 64) + " ms"
}

// amount writes an amount of a unit.
func amount(v float64, unit string) string {
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if v >= 100 || v == math.Trunc(v) {
		text = number.Thousands(int(math.Round(v)))
	}
	if unit == "" || v == 1 || strings.HasSuffix(unit, "s") || strings.HasSuffix(unit, "B") {
		return strings.TrimSpace(text + " " + unit)
	}
	return text + " " + unit + "s"
}

// Words of a table.
var (
	passings = map[plan.Passing]string{plan.ByValue: "by value", plan.ByReference: "by reference", plan.Inline: "inline"}
	types    = map[plan.Children]string{plan.Standard: "Standard", plan.Express: "Express", plan.None: ""}
)

// names are what prices are of, in words.
var names = map[price.Key]string{
	"states.transition": "state transitions", "states.express.request": "Express requests", "states.express.gb-second": "Express memory and time",
	"lambda.request": "Lambda requests", "lambda.gb-second.x86_64": "Lambda memory and time", "lambda.gb-second.arm64": "Lambda memory and time",
	"s3.put": "S3 PUT, LIST and parts", "s3.get": "S3 GET", "dynamodb.write-unit": "DynamoDB writes", "dynamodb.read-unit": "DynamoDB reads",
	"sqs.request": "SQS requests", "logs.gb": "logs of functions", "logs.vended-gb": "logs of executions", "xray.trace": "X-Ray traces",
	"scheduler.invocation": "EventBridge Scheduler", "lambda.durable.operation": "durable operations", "lambda.durable.written-gb": "durable data written",
	"lambda.durable.retained-gb-month": "durable data kept",
}

// named returns the name of a line, in words.
func named(line option.Line) string {
	name := cmp.Or(names[line.Key], string(line.Key))
	if line.Of != "" {
		name += " of " + line.Of
	}
	return name
}

// settings names an option: by reference, Standard children, chunks of 8,100.
func settings(s plan.Setup) string {
	switch s.Passing {
	case plan.Inline:
		return "inline"
	case plan.ByReference:
		return fmt.Sprintf("by reference, %s children, chunks of %s", types[s.Children], number.Thousands(s.Batch))
	}
	return fmt.Sprintf("by value, %s children, batches of %s", types[s.Children], number.Thousands(s.Batch))
}
