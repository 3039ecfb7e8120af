package simulate

// lambda is Lambda in one account and region.
type lambda struct {
	concurrency int
	busy        int    // environments that work
	requests    bucket // ten a second for each that may work
}

// function is a Lambda function. It uses idle environments again, and starts new ones
// as fast as Lambda lets a function grow (Lambda developer guide, "Lambda function
// scaling").
type function struct {
	of           *lambda
	reserved     int    // its own concurrency, 0 for the account's
	ramp         bucket // new environments
	cold         int64  // nanoseconds that a new environment takes to start
	idle         int
	environments int

	requests     int64
	milliseconds int64 // billed
}

// invoke takes an environment. It returns how long that takes to start, and reports
// false if Lambda throttles the request.
func (f *function) invoke(now int64) (starts int64, ok bool) {
	full := f.of.busy >= f.of.concurrency
	if f.reserved > 0 {
		full = f.environments-f.idle >= f.reserved
	}
	if full || !f.of.requests.try(now) {
		return 0, false
	}
	if f.idle > 0 {
		f.idle--
	} else if f.ramp.try(now) {
		f.environments++
		starts = f.cold
	} else {
		return 0, false
	}
	f.of.busy++
	f.requests++
	return starts, true
}

// release gives the environment back, which has worked for so many nanoseconds.
func (f *function) release(worked int64) {
	f.of.busy--
	f.idle++
	f.milliseconds += (worked + 999_999) / 1_000_000
}
