package expression

import (
	"regexp"
	"time"
)

// unusual matches what package time parses in addition: a comma before the
// fraction of a second, or more than nine digits in it.
var unusual = regexp.MustCompile(`,|\.\d{10}`)

// ParseTimestamp parses the profile of ISO 8601 that the states language takes:
// RFC 3339 with an upper case T and either Z or an offset.
func ParseTimestamp(text string) (time.Time, bool) {
	if unusual.MatchString(text) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err == nil && len(text) > 10 && text[10] == 'T' {
		return t, true
	}
	// AWS also takes a time without seconds.
	t, err = time.Parse("2006-01-02T15:04Z07:00", text)
	return t, err == nil
}
