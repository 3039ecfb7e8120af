// Package schedule has the expressions of EventBridge Scheduler.
package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/number"
)

// Kinds of schedule expressions.
const (
	Cron = "cron"
	Rate = "rate"
	At   = "at"
)

// Kind returns the kind of a schedule expression, or an error that says
// what is wrong with it (EventBridge Scheduler user guide, "Schedule types", and
// EventBridge user guide, "Cron expressions reference").
func Kind(text string) (kind string, err error) {
	kind, inside, ok := strings.Cut(text, "(")
	inside, closed := strings.CutSuffix(inside, ")")
	if !ok || !closed {
		return "", errors.New("expected cron(…), rate(…) or at(…)")
	}
	switch kind {
	case Cron:
		return kind, checkCron(inside)
	case Rate:
		return kind, checkRate(inside)
	case At:
		return kind, checkAt(inside)
	}
	return "", fmt.Errorf("got %q, expected cron(…), rate(…) or at(…)", kind)
}

var rate = regexp.MustCompile(`^([1-9][0-9]*) (minute|hour|day)(s?)$`)

func checkRate(text string) error {
	parts := rate.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("got %q, expected a whole number from 1 and minutes, hours or days, such as rate(5 minutes)", text)
	}
	number, unit, plural := parts[1], parts[2], parts[3] != ""
	if one := number == "1"; one == plural {
		expected := unit
		if !one {
			expected += "s"
		}
		return fmt.Errorf("got %q, expected %s %s", text, number, expected)
	}
	return nil
}

func checkAt(text string) error {
	const layout = "2006-01-02T15:04:05"
	if at, err := time.Parse(layout, text); err != nil || at.Format(layout) != text {
		return fmt.Errorf("got %q, expected a date and a time such as at(2027-01-31T23:59:00)", text)
	}
	return nil
}

// cronField is one of the six fields of a cron expression.
type cronField struct {
	name      string
	low, high int
	names     []string // of the values, from low on
	// steps, days and weekdays say which wildcards the field takes beside , - and
	// *: "/", "? L W" and "? L #".
	steps, days, weekdays bool
}

var cronFields = []cronField{
	{name: "minutes", low: 0, high: 59, steps: true},
	{name: "hours", low: 0, high: 23, steps: true},
	{name: "day of month", low: 1, high: 31, steps: true, days: true},
	{name: "month", low: 1, high: 12, steps: true, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{name: "day of week", low: 1, high: 7, weekdays: true, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	{name: "year", low: 1970, high: 2199, steps: true},
}

// checkCron takes names and letters in any case. The user guide has them in upper
// case.
func checkCron(text string) error {
	fields := strings.Fields(text)
	if len(fields) != len(cronFields) {
		return fmt.Errorf("got %s, expected six: minutes, hours, day of month, month, day of week, year", number.Of(len(fields), "field"))
	}
	var problems []error
	for i, field := range cronFields {
		if err := field.check(strings.ToUpper(fields[i])); err != nil {
			problems = append(problems, fmt.Errorf("%s: got %q, expected %w", field.name, fields[i], err))
		}
	}
	if day, weekday := fields[2], fields[4]; (day == "?") == (weekday == "?") {
		problems = append(problems, fmt.Errorf("got %q for the day of month and %q for the day of week, expected ? for exactly one of them", day, weekday))
	}
	return errors.Join(problems...)
}

// check returns what was expected in place of the text, or nil.
func (f *cronField) check(text string) error {
	switch {
	case text == "*":
		return nil
	case text == "?" && (f.days || f.weekdays):
		return nil
	case text == "?":
		return errors.New("* for every value: ? is for the day of month and the day of week")
	case f.days && (text == "L" || strings.HasSuffix(text, "W")):
		return f.checkDay(text)
	case f.weekdays && (strings.HasSuffix(text, "L") || strings.Contains(text, "#")):
		return f.checkWeekday(text)
	}
	for part := range strings.SplitSeq(text, ",") {
		if err := f.checkPart(part); err != nil {
			return err
		}
	}
	return nil
}

// checkDay checks L, the month's last day, LW, its last weekday, and 15W, the
// weekday nearest to the 15th.
func (f *cronField) checkDay(text string) error {
	if day, ok := strings.CutSuffix(text, "W"); ok && day != "L" && !f.has(day) {
		return errors.New("a day from 1 to 31, or L, before the W, alone in its field")
	}
	return nil
}

// checkWeekday checks L, the week's last day, 6L, the month's last Friday, and
// 6#3, its third.
func (f *cronField) checkWeekday(text string) error {
	if day, ok := strings.CutSuffix(text, "L"); ok && day != "" && !f.has(day) {
		return fmt.Errorf("%s before the L, alone in its field", f.values())
	}
	if day, which, ok := strings.Cut(text, "#"); ok && (!f.has(day) || len(which) != 1 || which < "1" || which > "5") {
		return fmt.Errorf("%s before the # and 1 to 5 after it, alone in its field", f.values())
	}
	return nil
}

// checkPart checks a value, a range, or either, or *, with a step.
func (f *cronField) checkPart(part string) error {
	values, step, stepped := strings.Cut(part, "/")
	if stepped {
		if !f.steps {
			return errors.New("no / in this field: name the values, such as MON,WED,FRI")
		}
		if n, ok := decimal(step); !ok || n < 1 || n > f.high-f.low+1 {
			return fmt.Errorf("a step from 1 to %d after the /", f.high-f.low+1)
		}
		if values == "*" {
			return nil
		}
	}
	first, last, ranged := strings.Cut(values, "-")
	low, ok := f.value(first)
	if !ok {
		return f.expected()
	}
	if !ranged {
		return nil
	}
	high, ok := f.value(last)
	if !ok {
		return f.expected()
	}
	if low > high {
		return fmt.Errorf("the lower value first: write %s-%s,%s-%s", first, f.text(f.high), f.text(f.low), last)
	}
	return nil
}

func (f *cronField) expected() error {
	return fmt.Errorf("%s, a range of them or a list", f.values())
}

func (f *cronField) values() string {
	text := fmt.Sprintf("%d to %d", f.low, f.high)
	if f.names != nil {
		text += fmt.Sprintf(" or %s to %s", f.text(f.low), f.text(f.high))
	}
	return text
}

func (f *cronField) has(text string) bool {
	_, ok := f.value(text)
	return ok
}

// text returns the name of a value, or its number.
func (f *cronField) text(value int) string {
	if f.names != nil {
		return f.names[value-f.low]
	}
	return strconv.Itoa(value)
}

// value returns the number that a text stands for.
func (f *cronField) value(text string) (int, bool) {
	if at := slices.Index(f.names, text); at >= 0 {
		return f.low + at, true
	}
	n, ok := decimal(text)
	return n, ok && n >= f.low && n <= f.high
}

var digits = regexp.MustCompile(`^[0-9]{1,4}$`)

func decimal(text string) (int, bool) {
	if !digits.MatchString(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
