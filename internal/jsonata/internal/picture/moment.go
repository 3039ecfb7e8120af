package picture

import (
	"math"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

// moment is a time that is split into components on demand.
type moment struct {
	time  time.Time
	valid bool
}

func newMoment(millis float64) moment {
	if !(math.Abs(millis) <= javascript.MaxTime) {
		return moment{}
	}
	return moment{time.UnixMilli(int64(millis)).UTC(), true}
}

// component returns a component of the time as a number. A week belongs to the
// year of its Thursday, as in ISO 8601, and to the month of its Thursday.
func (m moment) component(c byte) float64 {
	if !m.valid {
		return math.NaN()
	}
	t := m.time
	day := (int(t.Weekday())+6)%7 + 1 // Monday is 1
	thursday := t.AddDate(0, 0, 4-day)
	n := 0
	switch c {
	case 'Y':
		n = t.Year()
	case 'M':
		n = int(t.Month())
	case 'D':
		n = t.Day()
	case 'd':
		n = t.YearDay()
	case 'F':
		n = day
	case 'W':
		n = (thursday.YearDay()-1)/7 + 1
	case 'w':
		n = (thursday.Day()-1)/7 + 1
	case 'X':
		n = thursday.Year()
	case 'x':
		n = int(thursday.Month())
	case 'H':
		n = t.Hour()
	case 'h':
		n = (t.Hour()+11)%12 + 1
	case 'P':
		n = t.Hour() / 12
	case 'm':
		n = t.Minute()
	case 's':
		n = t.Second()
	case 'f':
		n = t.Nanosecond() / 1e6
	}
	return float64(n)
}
