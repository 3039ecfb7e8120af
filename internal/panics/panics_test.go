package panics_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/panics"
)

func nested(m map[string]int) { m["a"]++ }

func guarded(f func()) (frames []*panics.Frame) {
	defer func() {
		if recover() != nil {
			frames = panics.Frames("github.com/mapjob/mapjob/internal/panics_test.guarded")
		}
	}()
	f()
	return nil
}

func TestFramesLeadToThePanic(t *testing.T) {
	t.Parallel()
	frames := guarded(func() { nested(nil) })
	var labels []string
	for _, f := range frames {
		labels = append(labels, f.Label)
		if f.Path != "github.com/mapjob/mapjob/internal/panics/panics_test.go" {
			t.Errorf("got the path %s, expected that of this file in its package", f.Path)
		}
	}
	if got := strings.Join(labels, " "); got != "nested TestFramesLeadToThePanic.func1" {
		t.Errorf("got %s, expected the function that has panicked and its caller", got)
	}
	if got := panics.Place(frames[0]); got != fmt.Sprintf("panics_test.go:%d", frames[0].Line) || frames[0].Line < 10 {
		t.Errorf("got %s, expected the file and the line", got)
	}
}
