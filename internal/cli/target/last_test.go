package target

import (
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
)

func TestExecutionsThatATaskStartsAreNested(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	at := func(name, folder string, from, to int) archive.Execution {
		x := archive.Execution{ARN: name, Folder: folder, Start: began.Add(time.Duration(from) * time.Second)}
		if to > 0 {
			x.Stop = began.Add(time.Duration(to) * time.Second)
		}
		return x
	}
	all := []archive.Execution{at("running", "b", 20, 0), at("in running", "b", 25, 30), at("job", "a", 0, 10), at("child", "a", 2, 9),
		at("child of child", "a", 3, 4), at("rerun", "a", 12, 14), at("other run", "c", 5, 6)}
	for i := range all {
		x := &all[i]
		expected := x.ARN == "child" || x.ARN == "child of child" || x.ARN == "in running"
		if got := nested(x, all); got != expected {
			t.Errorf("%s: got nested %t, expected %t", x.ARN, got, expected)
		}
	}
}
