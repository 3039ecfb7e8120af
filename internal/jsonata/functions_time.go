package jsonata

import (
	"regexp"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/jsonata/internal/picture"
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
		p, err := picture.ParseTime(c.string(1))
		if err != nil {
			return nil, pictureFailure(err)
		}
		millis, ok, err := p.Parse(c.string(0), c.ev.env.Now)
		if err != nil {
			return nil, pictureFailure(err)
		}
		if !ok {
			return Undefined, nil
		}
		return c.finite(millis)
	}),
}

// isoPicture is the default picture of a time.
var isoPicture = func() *picture.Time {
	p, err := picture.ParseTime("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]")
	if err != nil {
		panic(err)
	}
	return p
}()

// formatTime formats a time. pictureAt and zoneAt are the indexes of the
// arguments that hold the picture and the time zone.
func (c arguments) formatTime(millis float64, pictureAt, zoneAt int) (any, error) {
	p := isoPicture
	if !c.missing(pictureAt) {
		var err error
		if p, err = picture.ParseTime(c.string(pictureAt)); err != nil {
			return nil, pictureFailure(err)
		}
	}
	offset := 0.0
	if !c.missing(zoneAt) {
		offset = javascript.ParseInt(c.string(zoneAt))
	}
	s, err := p.Format(millis, offset)
	if err != nil {
		return nil, pictureFailure(err)
	}
	return c.text(s)
}

// isoPattern matches what jsonata accepts as an ISO 8601 timestamp.
var isoPattern = regexp.MustCompile(`^\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$`)

func (c arguments) parseISO(s string) (any, error) {
	if !isoPattern.MatchString(s) {
		return nil, &Error{Code: "D3110", Value: s}
	}
	return c.finite(javascript.ParseDate(s))
}
