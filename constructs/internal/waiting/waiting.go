// Package waiting has the rules for an execution that waits for a lock. A lock
// and a job, whose timeout counts the wait, both check them.
package waiting

import (
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

const (
	defaultLimitSeconds = 3600
	defaultPollSeconds  = 30

	// roomyPolls is how many times a long wait checks the lock by default.
	roomyPolls = 400

	// maxPolls leaves room for the body in a history that ends with its
	// 25,000th event (Step Functions, "Service quotas").
	maxPolls = 500

	// maxSeconds is how long a Standard execution may last.
	maxSeconds = 365 * 24 * 3600
)

// Rule is how long an execution waits, and how often it checks the lock. Either may
// be nil, for the default.
type Rule struct {
	Limit, PollEvery awscdk.Duration
}

// LimitSeconds returns the longest wait, in seconds.
func (r *Rule) LimitSeconds() float64 {
	if r.Limit == nil {
		return defaultLimitSeconds
	}
	return refusal.Seconds(r.Limit)
}

// PollSeconds returns the time between two checks, in seconds. By default a long
// wait checks less often, because each check takes room in the history.
func (r *Rule) PollSeconds() float64 {
	if r.PollEvery != nil {
		return refusal.Seconds(r.PollEvery)
	}
	limit := r.LimitSeconds()
	return math.Ceil(max(min(defaultPollSeconds, limit), limit/roomyPolls))
}

// Validate adds the problems of the rule, which is the prop Overlap, and reports
// whether there are none.
func (r *Rule) Validate(found *refusal.Problems) bool {
	polls := found.KnownDuration("Overlap.PollEvery", r.PollEvery, 1, maxSeconds)
	limited := found.KnownDuration("Overlap.Limit", r.Limit, 1, maxSeconds)
	if !polls || !limited {
		return false
	}
	switch poll, limit := r.PollSeconds(), r.LimitSeconds(); {
	case limit < poll:
		found.Add("Overlap.Limit: got %.10g s, expected at least PollEvery, which is %.10g s", limit, poll)
	case limit/poll > maxPolls:
		found.Add("Overlap.PollEvery: got %.10g s, which is %.0f times in the Limit of %.10g s, expected at most %d times: the history of an execution holds 25,000 events",
			poll, limit/poll, limit, maxPolls)
	default:
		return true
	}
	return false
}
