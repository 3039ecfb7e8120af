// Package meters bills the water that the households of a town used in a day.
package meters

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/mapjob/mapjob/job"
)

// Night says what to bill.
type Night struct {
	Meters int `json:"meters"` // how many the town has
}

// Reading is what a meter showed on two nights, in litres.
type Reading struct {
	Meter     string `json:"meter"`
	Household string `json:"household"`
	Yesterday int    `json:"yesterday"`
	Today     int    `json:"today"`
}

// Bill is what a household used in a day.
type Bill struct {
	Household string `json:"household"`
	Litres    int    `json:"litres"`
}

// Readings yields the readings of a night. It takes the place of your database, and
// makes them up.
func Readings(_ context.Context, night Night) iter.Seq2[Reading, error] {
	return func(yield func(Reading, error) bool) {
		for n := range night.Meters {
			r := Reading{fmt.Sprintf("M-%04d", n), fmt.Sprintf("H-%04d", n), 1_000 + n, 1_100 + n + n%300}
			switch n % 100 {
			case 85, 95: // after 99,999 comes 0
				r.Yesterday, r.Today = 99_950, 60
			case 90: // somebody has a new meter
				r.Yesterday, r.Today = 81_213, 7
			case 97: // nobody lives there
				r.Household = ""
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Send sends a household its bill.
func Send(ctx context.Context, r Reading) (Bill, error) {
	if r.Household == "" {
		return Bill{}, job.Errorf("NobodyToBill", "meter %s has no household", r.Meter)
	}
	used, err := litres(r)
	if err != nil {
		return Bill{}, err
	}
	time.Sleep(2 * time.Millisecond) // takes the place of sending it
	slog.InfoContext(ctx, "sent", "household", r.Household, "litres", used)
	return Bill{r.Household, used}, nil
}

// litres returns how much water went through a meter, which has five digits: after
// 99,999 comes 0.
func litres(r Reading) (int, error) {
	used := r.Today - r.Yesterday
	if used < 0 {
		used += 100_000
	}
	if used > 10_000 {
		return 0, job.Errorf("TooMuch", "meter %s says %d litres in a day", r.Meter, used)
	}
	return used, nil
}
