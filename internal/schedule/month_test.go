package schedule

import (
	"math"
	"strings"
	"testing"
)

func TestRunsPerMonth(t *testing.T) {
	const day = 365.25 / 12
	for expression, want := range map[string]float64{
		"rate(1 day)":                   day,
		"rate(7 days)":                  day / 7,
		"rate(1 hour)":                  24 * day,
		"rate(5 minutes)":               288 * day,
		"at(2027-01-31T23:59:00)":       0,
		"cron(0 3 * * ? *)":             day,
		"cron(0 3 ? * * *)":             day,
		"cron(0/15 * * * ? *)":          96 * day,
		"cron(*/15 8-17 * * ? *)":       40 * day,
		"cron(0,30 1,13 * * ? *)":       4 * day,
		"cron(5-20/5 0 * * ? *)":        4 * day,
		"cron(0 18 ? * MON-FRI *)":      day * 5 / 7,
		"cron(0 18 ? * mon,3 *)":        day * 2 / 7,
		"cron(0 8 ? * L *)":             day / 7,
		"cron(0 8 1 * ? *)":             1,
		"cron(0 8 1,15 * ? *)":          2,
		"cron(0 8 31 * ? *)":            7.0 / 12,
		"cron(0 8 29 2 ? *)":            1.0 / 48,
		"cron(0 8 L * ? *)":             1,
		"cron(0 8 LW * ? *)":            1,
		"cron(0 8 15W * ? *)":           1,
		"cron(0 8 31W * ? *)":           7.0 / 12,
		"cron(0 8 ? * 6L *)":            1,
		"cron(0 8 ? * FRIL *)":          1,
		"cron(0 8 ? * 2#1 *)":           1,
		"cron(0 8 ? * MON#4 *)":         1,
		"cron(0 8 1 JAN,JUL ? *)":       2.0 / 12,
		"cron(0 8 1 1/3 ? *)":           4.0 / 12,
		"cron(0 8 1 1 ? 2027)":          1.0 / 12,
		"cron(0 8 * 2 ? 2027-2028)":     57.0 / 24,
		"cron(0 8 ? 2 SUN#5 2032,2033)": 1.0 / 24, // 29 February 2032 is the fifth Sunday
	} {
		got, err := RunsPerMonth(expression)
		if err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: got %v and %v, expected %v", expression, got, err, want)
		}
	}
	fifth, err := RunsPerMonth("cron(0 8 ? * SUN#5 *)")
	if err != nil || math.Abs(fifth-(day/7-4)) > 1e-9 {
		t.Errorf("got %v and %v, expected what is left of the Sundays after four a month", fifth, err)
	}
	if _, err := RunsPerMonth("every(day)"); err == nil || !strings.Contains(err.Error(), "expected cron(…), rate(…) or at(…)") {
		t.Errorf("got %v, expected the expression to be refused", err)
	}
}
