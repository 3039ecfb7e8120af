package picture

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/jsonata/internal/spelled"
)

// Parse parses a time that was formatted by the picture, and returns it in
// milliseconds. It reports false if text does not fit the picture. Leading
// components that the picture lacks come from now.
func (p *Time) Parse(text string, now time.Time) (millis float64, ok bool, err error) {
	pattern := strings.Builder{}
	pattern.WriteString("(?i)^")
	for i := range p.parts {
		part, err := p.parts[i].pattern()
		if err != nil {
			return 0, false, err
		}
		pattern.WriteString("(" + part + ")")
	}
	pattern.WriteString("$")
	re, err := regexp.Compile(pattern.String())
	if err != nil {
		return 0, false, nil //nolint:nilerr // no text has the width that package regexp refuses
	}
	found := re.FindStringSubmatch(text)
	if found == nil {
		return 0, false, nil
	}
	components := map[byte]float64{}
	read := 0
	for i := range p.parts {
		part := &p.parts[i]
		if part.component == 0 {
			continue
		}
		read++
		if v, ok := part.parse(found[i+1]); ok {
			components[part.component] = v
		} else {
			delete(components, part.component)
		}
	}
	if read == 0 {
		return 0, false, nil
	}
	millis, err = assemble(components, now)
	return millis, err == nil, err
}

// pattern returns a regular expression that matches the part.
func (p *timePart) pattern() (string, error) {
	switch {
	case p.component == 0:
		return regexp.QuoteMeta(p.literal), nil
	case p.component == 'Z' || p.component == 'z':
		s := "[-+][0-9]+"
		if p.component == 'z' {
			s = "GMT" + s
		}
		if len(p.integer.separators) > 0 {
			s += regexp.QuoteMeta(p.integer.separators[0].char) + "[0-9]+"
		}
		return s, nil
	case p.integer == nil:
		if p.names != notNamed && strings.IndexByte("MxFP", p.component) < 0 || p.names == notNamed && p.component != 'P' {
			return "", &Error{Code: "D3133", Value: string(p.component)}
		}
		return "[a-zA-Z]+", nil
	}
	if err := p.integer.supported(); err != nil {
		return "", err
	}
	upper := p.integer.letters == caseUpper
	switch p.integer.style {
	case styleLetters:
		if upper {
			return "[A-Z]+", nil
		}
		return "[a-z]+", nil
	case styleRoman:
		if upper {
			return "[MDCLXVI]+", nil
		}
		return "[mdclxvi]+", nil
	case styleWords:
		return spelled.WordsPattern, nil
	}
	s := "[0-9]+"
	if p.digits >= 0 && (p.width >= 0 || p.integer.optional == 0) {
		s = "[0-9]{" + strconv.Itoa(p.digits) + "}"
	}
	if p.integer.ordinal {
		s += "(?:th|st|nd|rd)"
	}
	return s, nil
}

// parse returns the value of the component in a text that matched.
func (p *timePart) parse(s string) (float64, bool) {
	switch {
	case p.component == 'Z' || p.component == 'z':
		return p.parseZone(s), true
	case p.integer != nil:
		return p.integer.Parse(s), true
	}
	short := func(name string) string {
		if p.width > 0 {
			return name[:min(p.width, len(name))]
		}
		return name
	}
	switch p.component {
	case 'M', 'x':
		return lastOf(monthNames, s, short)
	case 'F':
		return lastOf(dayNames[1:], s, short)
	case 'P':
		switch s {
		case "am", "AM":
			return 0, true
		case "pm", "PM":
			return 1, true
		}
	}
	return 0, false
}

// lastOf returns the number of the last name whose short form is s. Several
// names may share a short form.
func lastOf(names []string, s string, short func(string) string) (float64, bool) {
	for i := len(names) - 1; i >= 0; i-- {
		if s == short(names[i]) {
			return float64(i + 1), true
		}
	}
	return 0, false
}

// parseZone returns the offset of a time zone in minutes.
func (p *timePart) parseZone(s string) float64 {
	if p.component == 'z' {
		s = s[len("GMT"):]
	}
	var hours, minutes string
	if len(p.integer.separators) > 0 {
		hours, minutes, _ = strings.Cut(s, p.integer.separators[0].char)
	} else {
		hours = s[:min(3, len(s))]
		minutes = s[len(hours):]
	}
	h, _ := strconv.ParseFloat(hours, 64)
	m, _ := strconv.ParseFloat("0"+minutes, 64)
	return 60*h + m
}

// assemble combines components into a time. Components before the first one
// given come from now, and components after the last one given take their
// lowest value. A gap in between is an error.
func assemble(given map[byte]float64, now time.Time) (float64, error) {
	has := func(c byte) bool { v, ok := given[c]; return ok && v != 0 && v == v }
	// among reports whether the components given of all are in some, and at least one is given.
	among := func(all, some string) bool {
		any := false
		for i := range len(all) {
			if has(all[i]) {
				if strings.IndexByte(some, all[i]) < 0 {
					return false
				}
				any = true
			}
		}
		return any
	}
	const dateComponents, timeComponents = "YXMxWwdD", "PHhmsf"
	byDayOfYear := among(dateComponents, "Yd") && !among(dateComponents, "YMD")
	byWeekOfMonth := among(dateComponents, "Xxw")
	byWeek := among(dateComponents, "XW") && !byWeekOfMonth
	twelveHours := among(timeComponents, "Phmsf") && !among(timeComponents, "Hmsf")
	order := "YMD"
	switch {
	case byDayOfYear:
		order = "YD"
	case byWeekOfMonth:
		order = "XxwF"
	case byWeek:
		order = "XWF"
	}
	if twelveHours {
		order += "Phmsf"
	} else {
		order += "Hmsf"
	}
	present := newMoment(float64(now.UnixMilli()))
	started, ended := false, false
	for _, c := range []byte(order) {
		if _, ok := given[c]; ok {
			started = true
			if ended {
				return 0, &Error{Code: "D3136"}
			}
			continue
		}
		switch {
		case !started:
			given[c] = present.component(c)
		case c == 'M' || c == 'D':
			given[c] = 1
			ended = true
		default:
			given[c] = 0
			ended = true
		}
	}
	month := max(0, given['M']-1)
	if math.IsNaN(given['M']) {
		month = 0
	}
	day := given['D']
	switch {
	case byDayOfYear:
		month, day = 0, given['d']
	case byWeekOfMonth, byWeek:
		return 0, &Error{Code: "D3136"}
	}
	hour := given['H']
	if twelveHours {
		hour = math.Mod(given['h'], 12)
		if given['h'] != 12 {
			hour = given['h']
		}
		if given['P'] == 1 {
			hour += 12
		}
	}
	millis := javascript.DateUTC(given['Y'], month, day, hour, given['m'], given['s'], given['f'])
	if zone, ok := given['Z']; ok && zone != 0 {
		millis -= zone * 60 * 1000
	} else if zone, ok := given['z']; ok {
		millis -= zone * 60 * 1000
	}
	return millis, nil
}
