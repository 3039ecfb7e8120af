package jsonata

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var timeFunctions = []*native{
	function("now", "<s?s?:s>", 2, func(c arguments) (any, error) {
		return c.formatTime(float64(c.ev.env.Now.UnixMilli()), 0, 1)
	}),
	function("millis", "<:n>", 0, func(c arguments) (any, error) { return float64(c.ev.env.Now.UnixMilli()), nil }),
	function("fromMillis", "<n-s?s?:s>", 3, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		return c.formatTime(c.number(0), 1, 2)
	}),
	function("toMillis", "<s-s?:n>", 2, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		if c.missing(1) {
			return c.parseISO(c.string(0))
		}
		p, err := parseTimePicture(c.string(1))
		if err != nil {
			return nil, err
		}
		v, err := p.read(c.string(0), c.ev.env.Now)
		if n, ok := v.(float64); ok {
			return c.finite(n)
		}
		return v, err
	}),
}

// isoPicture is how a time is written without a picture.
var isoPicture = func() *timePicture {
	p, err := parseTimePicture("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]")
	if err != nil {
		panic(err)
	}
	return p
}()

// formatTime writes a time by the picture and in the time zone that two
// arguments give.
func (c arguments) formatTime(millis float64, picture, zone int) (any, error) {
	p := isoPicture
	if !c.missing(picture) {
		var err error
		if p, err = parseTimePicture(c.string(picture)); err != nil {
			return nil, err
		}
	}
	offset := 0.0
	if !c.missing(zone) {
		offset = scriptInteger(c.string(zone))
	}
	s, err := p.format(millis, offset)
	if err != nil {
		return nil, err
	}
	return c.text(s)
}

// maxMillis is how far a time may be from 1970: JavaScript's limit.
const maxMillis = 8.64e15

// isoPattern is what jsonata takes for an ISO 8601 timestamp. It is then read
// as Date.parse does.
var (
	isoPattern = regexp.MustCompile(`^\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$`)
	isoParts   = regexp.MustCompile(`^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-]\d\d:?\d\d)?)?Z?$`)
)

func (c arguments) parseISO(s string) (any, error) {
	if !isoPattern.MatchString(s) {
		return nil, &Error{Code: "D3110", Value: s}
	}
	return c.finite(isoMillis(s))
}

// isoMillis is NaN for a time that there is not. A time without a zone is in
// UTC, as on the machines of Step Functions.
func isoMillis(s string) float64 {
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

// dateUTC is JavaScript's Date.UTC; the month counts from 0.
func dateUTC(year, month, day, hour, minute, second, ms float64) float64 {
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
	if math.Abs(millis) > maxMillis {
		return math.NaN()
	}
	return millis
}
