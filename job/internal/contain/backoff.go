package contain

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/mapjob/mapjob/job/internal/random"
)

const (
	firstBackoff   = 100 * time.Millisecond // the longest pause before the second try
	longestBackoff = 5 * time.Second
)

// Backoff returns the pause after a try, counted from 1. Its limit doubles from
// try to try, and the pause is random up to it ("full jitter"). Labels say what is
// tried.
func Backoff(ctx context.Context, try int, labels ...string) time.Duration {
	labels = append(slices.Clip(labels), "try", strconv.Itoa(try))
	return random.Below(ctx, min(firstBackoff<<(try-1), longestBackoff), labels...) + time.Millisecond
}
