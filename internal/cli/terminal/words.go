package terminal

import "github.com/mapjob/mapjob/internal/number"

// Were writes a number of things with a verb: 1 delivery was, 2 deliveries were.
func Were(n int, one, more string) string {
	if n == 1 {
		return "1 " + one + " was"
	}
	return number.Thousands(n) + " " + more + " were"
}

// MostErrors is how many names of errors a screen has.
const MostErrors = 20
