// Package number writes numbers of things in messages.
package number

import "strconv"

// Of returns a number of things: 1 item, 1,000 items. The plural of the thing is
// that with an s.
func Of(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Thousands(n) + " " + thing
}

// Thousands returns a number with commas.
func Thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
