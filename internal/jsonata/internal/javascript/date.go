package javascript

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxTime is how far a time may be from 1970: JavaScript's limit.
const MaxTime = 8.64e15

var isoParts = regexp.MustCompile(`^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-]\d\d:?\d\d)?)?Z?$`)

// ParseDate is NaN for a time that there is not. A time without a zone is in
// UTC, as on the machines of Step Functions.
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

// DateUTC is JavaScript's Date.UTC; the month counts from 0.
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
