package picture

import (
	"math"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

// Time represents a picture of $fromMillis and $toMillis (XPath F&O 3.1,
// section 9.8.4).
type Time struct{ parts []timePart }

// timePart is literal text or a component of a time.
type timePart struct {
	literal   string
	component byte // 0 for literal text
	names     nameCase
	translate bool // the modifier t: a zero offset is shown as Z
	integer   *Integer
	width     int // the largest length of a name; -1 means any
	digits    int // the digits that are read of a year, month or day and shown of a year; -1 means all
}

type nameCase uint8

const (
	notNamed nameCase = iota
	lowerName
	upperName
	titleName
)

// defaultPresentation holds the presentation of each component that has no
// modifier.
var defaultPresentation = map[byte]string{
	'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1", 'h': "1",
	'P': "n", 'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n",
}

// ParseTime parses the picture of a time.
func ParseTime(text string) (*Time, error) {
	p := &Time{}
	literal := func(s string) {
		if s != "" {
			p.parts = append(p.parts, timePart{literal: strings.ReplaceAll(s, "]]", "]")})
		}
	}
	for {
		before, rest, ok := strings.Cut(text, "[")
		literal(before)
		if !ok {
			return p, nil
		}
		if strings.HasPrefix(rest, "[") {
			literal("[")
			text = rest[1:]
			continue
		}
		marker, after, ok := strings.Cut(rest, "]")
		if !ok {
			return nil, &Error{Code: "D3135"}
		}
		part, err := parseMarker(strings.Join(strings.Fields(marker), ""))
		if err != nil {
			return nil, err
		}
		p.parts = append(p.parts, part)
		text = after
	}
}

// isNumber reports whether the component is shown as a number.
func (p *timePart) isNumber() bool {
	return p.names == notNamed && strings.IndexByte("YMDdFWwXxHhmsf", p.component) >= 0
}

// parseMarker parses the text between two brackets.
func parseMarker(text string) (timePart, error) {
	part := timePart{width: -1, digits: -1}
	if text == "" {
		return part, &Error{Code: "D3132", Value: ""}
	}
	part.component = text[0]
	modifier := text[1:]
	least := -1
	if at := strings.LastIndex(text, ","); at >= 0 {
		modifier = text[min(1, at):max(1, at)] // JavaScript's substring swaps its offsets
		low, high, _ := strings.Cut(text[at+1:], "-")
		least, part.width = parseWidth(low), parseWidth(high)
	}
	suffix := ""
	if n := len(modifier); n > 1 && strings.IndexByte("atco", modifier[n-1]) >= 0 {
		modifier, suffix = modifier[:n-1], modifier[n-1:]
		part.translate = suffix == "t"
	}
	if modifier == "" {
		modifier = defaultPresentation[part.component]
		if modifier == "" {
			r := []rune(text)[0]
			return part, &Error{Code: "D3132", Value: string(r)}
		}
	}
	switch {
	case modifier[0] == 'n':
		part.names = lowerName
	case strings.HasPrefix(modifier, "Nn"):
		part.names = titleName
	case modifier[0] == 'N':
		part.names = upperName
	}
	zone := part.component == 'Z' || part.component == 'z'
	if !zone && !part.isNumber() {
		return part, nil
	}
	pattern := modifier
	if suffix != "" && !zone {
		pattern += ";" + suffix
	}
	var err error
	if part.integer, err = analyseInteger(pattern); err != nil || zone {
		return part, err
	}
	if part.integer.style == styleDecimal {
		part.integer.digits = max(part.integer.digits, least)
	}
	if strings.IndexByte("YMD", part.component) >= 0 {
		if part.width >= 0 {
			part.digits, part.integer.digits = part.width, part.width
		} else if digits := part.integer.digits + part.integer.optional; digits >= 2 {
			part.digits = digits
		}
	}
	return part, nil
}

func parseWidth(s string) int {
	if n := javascript.ParseInt(s); n >= 0 && n < 1e6 {
		return int(n)
	}
	return -1
}

var (
	monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = []string{"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// Format formats a time in milliseconds. offset is the time zone, as the number
// that its digits form: 530 means five and a half hours. Like jsonata, Format
// rounds the hours down, so that -530 means six and a half hours west.
func (p *Time) Format(millis, offset float64) (string, error) {
	hours, minutes := math.Floor(offset/100), math.Mod(offset, 100)
	moment := newMoment(math.Trunc(millis) + (60*hours+minutes)*60*1000)
	var b strings.Builder
	for i := range p.parts {
		part := &p.parts[i]
		if part.component == 0 {
			b.WriteString(part.literal)
			continue
		}
		s, err := part.format(moment, hours, minutes)
		if err != nil {
			return "", err
		}
		if b.WriteString(s); b.Len() > maxText {
			return "", ErrTooLong
		}
	}
	return b.String(), nil
}

func (p *timePart) format(m moment, hours, minutes float64) (string, error) {
	switch p.component {
	case 'Y', 'M', 'D', 'd', 'F', 'W', 'w', 'X', 'x', 'H', 'h', 'm', 's', 'f':
		n := m.component(p.component)
		if p.names != notNamed {
			return p.name(n)
		}
		if err := p.integer.supported(); err != nil {
			return "", err
		}
		if p.component == 'Y' && p.digits >= 0 {
			n = math.Mod(n, math.Pow10(p.digits))
		}
		return p.integer.Format(n), nil
	case 'Z', 'z':
		return p.zone(hours, minutes)
	case 'P':
		s := "am"
		if m.component('H') >= 12 {
			s = "pm"
		}
		if p.names == upperName {
			s = strings.ToUpper(s)
		}
		return s, nil
	case 'C', 'E':
		return "ISO", nil
	}
	return "undefined", nil // jsonata's text for an unknown component
}

func (p *timePart) name(n float64) (string, error) {
	s := "undefined" // jsonata's text for a month or a day of a time that is out of range
	switch p.component {
	case 'M', 'x':
		if n != n {
			break
		}
		s = monthNames[int(max(1, min(n, 12)))-1]
	case 'F':
		if n != n {
			break
		}
		s = dayNames[int(max(1, min(n, 7)))]
	default:
		return "", &Error{Code: "D3133", Value: string(p.component)}
	}
	switch p.names {
	case lowerName:
		s = strings.ToLower(s)
	case upperName:
		s = strings.ToUpper(s)
	}
	if p.width >= 0 {
		s = s[:min(p.width, len(s))]
	}
	return s, nil
}

func (p *timePart) zone(hours, minutes float64) (string, error) {
	offset := 100*hours + minutes
	var s string
	switch {
	case p.integer.style != styleDecimal || p.integer.regular == 0 && p.integer.digits > 4:
		return "", &Error{Code: "D3134"}
	case p.integer.regular > 0 || p.integer.digits > 2:
		s = p.integer.Format(offset)
	default:
		s = p.integer.Format(hours)
		if minutes != 0 {
			s += ":" + (&Integer{zero: '0', digits: 2}).Format(minutes)
		}
	}
	if offset >= 0 {
		s = "+" + s
	}
	if p.component == 'z' {
		s = "GMT" + s
	}
	if offset == 0 && p.translate {
		s = "Z"
	}
	return s, nil
}
