package operate

import (
	"io"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/terminal"
)

func TestAnARNOfAnotherJobIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		target   Target
		expected string
	}{
		"its ARN":                {Target{Job: "arn:aws:states:eu-west-1:123456789012:stateMachine:Nightly-AbC"}, ""},
		"its name":               {Target{Job: "Nightly-AbC"}, ""},
		"how its name begins":    {Target{Job: "Nightly"}, ""},
		"no job":                 {Target{}, ""},
		"another":                {Target{Job: "Weekly"}, "which is of state machine Nightly-AbC, expected one of --job Weekly"},
		"another that is longer": {Target{Job: "Nightly-AbCd"}, "which is of state machine Nightly-AbC, expected one of --job Nightly-AbCd"},
		"another ARN":            {Target{Job: "arn:aws:states:eu-west-1:123456789012:stateMachine:Nightly"}, "which is of state machine Nightly-AbC"},
	} {
		t.Run(name, func(t *testing.T) {
			answers{}.serve(t)
			_, err := c.target.open(t.Context(), monday)
			if c.expected == "" && err != nil || c.expected != "" && (err == nil || !strings.Contains(err.Error(), "EXECUTION: got "+monday+", "+c.expected)) {
				t.Errorf("got %v, expected %q", err, c.expected)
			}
		})
	}
}

func TestBatchesOfNoItemAreRefused(t *testing.T) {
	for _, n := range []int{0, -1} {
		err := (&Rerun{Batch: &n}).Run(t.Context(), &terminal.Streams{Out: io.Discard, Err: io.Discard})
		if err == nil || !strings.HasPrefix(err.Error(), "--batch: got ") {
			t.Errorf("--batch %d: got %v, expected that it is refused", n, err)
		}
	}
}
