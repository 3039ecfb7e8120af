package operate

import (
	"io"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/terminal"
)

func TestEventsBeforeTheFirstAreRefused(t *testing.T) {
	for _, n := range []int64{0, -1} {
		err := (&History{Event: &n}).Run(t.Context(), &terminal.Streams{Out: io.Discard, Err: io.Discard})
		if err == nil || !strings.HasPrefix(err.Error(), "--event: got ") {
			t.Errorf("--event %d: got %v, expected that it is refused", n, err)
		}
	}
}
