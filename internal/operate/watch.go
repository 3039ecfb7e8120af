package operate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/pace"
)

// How often Watch asks: DescribeMapRun has a quota for all programs of an account, of
// which one request a second comes back.
const (
	firstPause   = 5 * time.Second
	longestPause = time.Minute
	// longestDelay is the longest pause between two requests that AWS does not answer, and
	// longestTurn the longest after an answer if others wait for the quota.
	longestDelay = 30 * time.Second
	longestTurn  = 5 * time.Minute
)

// Delay is why AWS has not answered, and when it is asked again.
type Delay struct {
	Reason string
	Pause  time.Duration
}

func (d *Delay) String() string {
	return fmt.Sprintf("%s: asked again in %s", d.Reason, d.Pause.Round(time.Second))
}

// Watch calls show with the status of an execution until it has ended, and returns
// the last one. It asks every five seconds at first, and less often the longer it
// takes. If AWS throttles it, or can't be reached for a while, it shows the status that
// is known, with the delay, and waits.
func (s *Service) Watch(ctx context.Context, arn string, show func(*Status)) (*Status, error) {
	known, over, meters := &Status{Execution: Execution{ARN: arn}}, map[string]*MapRun{}, map[string]*measured{}
	turn := time.Duration(0) // after an answer, others have theirs for so long
	for began := time.Now(); ; {
		pause := min(max(cmp.Or(s.Pause, firstPause), time.Since(began)/20), longestPause)
		reason := ""
		status, err := s.look(ctx, arn, over)
		if err == nil {
			status.measure(meters, time.Now())
			known, turn = status, turn*9/10
			pause = max(pause, turn)
		} else {
			var ok bool
			if reason, ok = awserror.Passing(err); !ok || ctx.Err() != nil || known.Status == "" && !awserror.IsThrottling(err) {
				return nil, err
			}
			turn = min(2*max(turn, pause), longestTurn)
			pause = min(turn, longestDelay)
		}
		pause += rand.N(pause/4 + 1) // watchers that began together do not ask together
		if err != nil {
			known.Delay = &Delay{reason, pause}
		}
		show(known)
		if err == nil && !known.Running() {
			return known, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// measured is what Watch knows of a Map Run from its looks before.
type measured struct {
	meter pace.Meter
	total int64
}

// measure adds what the Map Runs have done to what is known of them, by ARN.
func (s *Status) measure(known map[string]*measured, now time.Time) {
	for i := range s.MapRuns {
		m := &s.MapRuns[i]
		before := known[m.ARN]
		if before == nil {
			before = &measured{total: m.Total}
			known[m.ARN] = before
		}
		before.meter.Add(now, m.Done())
		m.meter, m.grows = &before.meter, m.Total > before.total
		before.total = m.Total
	}
}

// look asks for the status once. Watch waits longer than the client would, and does not
// take more of the quota.
func (s *Service) look(ctx context.Context, arn string, over map[string]*MapRun) (*Status, error) {
	x, err := s.Describe(ctx, arn)
	if err != nil {
		return nil, err
	}
	return s.status(ctx, x, over, func(o *sfn.Options) { o.RetryMaxAttempts = 1 })
}
