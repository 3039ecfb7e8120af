package operate

import (
	"io"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/terminal"
)

func TestBatchesOfNoItemAreRefused(t *testing.T) {
	for _, n := range []int{0, -1} {
		err := (&Rerun{Batch: &n}).Run(t.Context(), &terminal.Streams{Out: io.Discard, Err: io.Discard})
		if err == nil || !strings.HasPrefix(err.Error(), "--batch: got ") {
			t.Errorf("--batch %d: got %v, expected that it is refused", n, err)
		}
	}
}
