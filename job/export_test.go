package job

import (
	"context"
	"testing"
	"time"
)

// StoreEvery stores the outcomes of a chunk more often during a test.
func StoreEvery(t *testing.T, d time.Duration) {
	was := storeEvery
	storeEvery = d
	t.Cleanup(func() { storeEvery = was })
}

// FirstBackoff has retries wait for less during a test.
func FirstBackoff(t *testing.T, d time.Duration) {
	was := firstBackoff
	firstBackoff = d
	t.Cleanup(func() { firstBackoff = was })
}

// HandlersDeadline has a test say when the handlers' time is up.
func HandlersDeadline(t *testing.T, within func(context.Context, time.Time) (context.Context, context.CancelFunc)) {
	was := withDeadline
	withDeadline = within
	t.Cleanup(func() { withDeadline = was })
}
