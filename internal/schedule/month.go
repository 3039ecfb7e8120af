package schedule

import (
	"strconv"
	"strings"
	"time"
)

// daysOfMonth is the average over 28 years, after which the days of the week come
// round.
const daysOfMonth = 365.25 / 12

// RunsPerMonth returns how often a schedule runs in an average month. A schedule
// that runs once, at a time, has 0.
func RunsPerMonth(expression string) (float64, error) {
	kind, err := Kind(expression)
	if err != nil {
		return 0, err
	}
	inside := expression[len(kind)+1 : len(expression)-1]
	switch kind {
	case Cron:
		return cronRuns(strings.Fields(strings.ToUpper(inside))), nil
	case Rate:
		count, unit, _ := strings.Cut(inside, " ")
		n, _ := strconv.ParseFloat(count, 64)
		perDay := map[byte]float64{'m': 24 * 60, 'h': 24, 'd': 1}[unit[0]]
		return daysOfMonth * perDay / n, nil
	}
	return 0, nil
}

// cronRuns counts the runs of a cron expression that was checked, in the years that
// it names or else in 28.
func cronRuns(fields []string) float64 {
	minutes, hours := cronFields[0].set(fields[0]), cronFields[1].set(fields[1])
	months, years := cronFields[3].set(fields[3]), cronFields[5].set(fields[5])
	if fields[5] == "*" {
		years = cronFields[5].set("2001-2028")
	}
	days := 0
	for year := range years {
		for month := range months {
			last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC)
			days += daysOf(last, fields[2], fields[4])
		}
	}
	return float64(len(minutes)*len(hours)*days) / float64(12*len(years))
}

// daysOf counts the days of a month, by its last day, on which an expression runs.
func daysOf(last time.Time, day, weekday string) int {
	at := func(day int) time.Time { return last.AddDate(0, 0, day-last.Day()) }
	count := 0
	switch {
	case day == "L", day == "LW":
		return 1
	case strings.HasSuffix(day, "W"): // the nearest weekday is in the same month
		if n, _ := decimal(strings.TrimSuffix(day, "W")); n <= last.Day() {
			return 1
		}
		return 0
	case strings.Contains(weekday, "#"):
		name, which, _ := strings.Cut(weekday, "#")
		first, _ := cronFields[4].value(name)
		n, _ := decimal(which)
		if weekdayOf(at(1)) > first {
			first += 7
		}
		if 1+first-weekdayOf(at(1))+7*(n-1) <= last.Day() {
			return 1
		}
		return 0
	case len(weekday) > 1 && strings.HasSuffix(weekday, "L") && cronFields[4].has(strings.TrimSuffix(weekday, "L")):
		return 1
	case weekday == "L": // the last day of each week
		weekday = "SAT"
	}
	days, weekdays := cronFields[2].set(day), cronFields[4].set(weekday)
	for n := 1; n <= last.Day(); n++ {
		if days[n] || weekdays[weekdayOf(at(n))] {
			count++
		}
	}
	return count
}

// weekdayOf counts from 1, Sunday, as cron expressions do.
func weekdayOf(day time.Time) int { return int(day.Weekday()) + 1 }

// set returns the values of a field that has no L, W or #. ? has none.
func (f *cronField) set(text string) map[int]bool {
	values := map[int]bool{}
	if text == "?" {
		return values
	}
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		by := 1
		if stepped {
			by, _ = decimal(step)
		}
		first, last, ranged := strings.Cut(span, "-")
		low, high := f.low, f.high
		if span != "*" {
			low, _ = f.value(first)
			switch {
			case ranged:
				high, _ = f.value(last)
			case !stepped:
				high = low
			}
		}
		for v := low; v <= high; v += by {
			values[v] = true
		}
	}
	return values
}
