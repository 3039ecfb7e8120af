package terminal

import "github.com/mapjob/mapjob/job/report"

// Number writes a number of things: 1 message, 1,000 messages.
func Number(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return report.Thousands(n) + " " + thing
}

// Were writes a number of things with a verb: 1 delivery was, 2 deliveries were.
func Were(n int, one, more string) string {
	if n == 1 {
		return "1 " + one + " was"
	}
	return report.Thousands(n) + " " + more + " were"
}
