package javascript

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxTime bounds the times of a JavaScript Date, in milliseconds before or
// after 1970.
const MaxTime = 8.64e15

// isoParts captures the fields of an ISO 8601 text.
var isoParts = regexp.MustCompile(`^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-]\d\d:?\d\d)?)?Z?$`)

// ParseDate returns the time of an ISO 8601 text in milliseconds, as
// JavaScript's Date.parse does, or NaN if no such time exists. A text without a
// zone is in UTC, as on the machines of Step Functions.
func ParseDate(s string) float64 {
	parts := isoParts.FindStringSubmatch(s)
	if parts == nil {
		return math.NaN()
	}
	field := func(i, missing int) int {
		if parts[i] == "" {
			return missing
		}
		n, _ := strconv.Atoi(parts[i])
		return n
	}
	month, day, hour, minute, second := field(2, 1), field(3, 1), field(4, 0), field(5, 0), field(6, 0)
	ms, _ := strconv.Atoi((parts[7] + "000")[:3])
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || hour == 24 && minute+second+ms > 0 {
		return math.NaN()
	}
	millis := float64(time.Date(field(1, 0), time.Month(month), day, hour, minute, second, ms*1e6, time.UTC).UnixMilli())
	if zone := strings.ReplaceAll(parts[8], ":", ""); zone != "" {
		n, _ := strconv.Atoi(zone[1:])
		if n >= 2400 {
			return math.NaN()
		}
		offset := float64(n/100*60+n%100) * 60 * 1000
		if zone[0] == '+' {
			offset = -offset
		}
		millis += offset
	}
	return millis
}

// DateUTC returns a time in milliseconds, as JavaScript's Date.UTC does, or NaN
// if it is out of range. Months count from 0.
func DateUTC(year, month, day, hour, minute, second, ms float64) float64 {
	for _, n := range []float64{year, month, day, hour, minute, second, ms} {
		if !(math.Abs(n) < 1e9) {
			return math.NaN()
		}
	}
	year = math.Trunc(year)
	if year >= 0 && year <= 99 {
		year += 1900
	}
	t := time.Date(int(year), time.Month(int(month)+1), int(day), int(hour), int(minute), int(second), 0, time.UTC)
	if t.Year() > 300000 || t.Year() < -300000 {
		return math.NaN()
	}
	millis := float64(t.UnixMilli()) + math.Trunc(ms)
	if math.Abs(millis) > MaxTime {
		return math.NaN()
	}
	return millis
}
