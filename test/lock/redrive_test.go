package lock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine"
)

// A redriven execution continues in the body under its own ARN, without taking the
// lock again. An execution that starts in the body stands for it.
func TestRedrivenExecutionLeavesTheLockOfAnother(t *testing.T) {
	folder := assembly(t)
	template := filepath.Join(folder, "Test.template.json")
	original, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(template, without(t, original, `"StartAt":"TakeLock","States":{`,
		`"StartAt":"Redriven","States":{"Redriven":{"Type":"Choice","QueryLanguage":"JSONata","Default":"TakeLock","Choices":[{"Condition":"{% $states.context.Execution.Name = 'redriven' %}","Next":"Locked"}]},`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, folder)
	for _, m := range machines {
		arn := w.machineARN(t, m.id)
		redriven, other := executionARN(arn, "redriven"), executionARN(arn, "other")
		for name, c := range map[string]struct{ owner, after string }{
			"no other has started":           {redriven, ""},
			"another has taken it meanwhile": {other, other},
		} {
			for _, does := range []string{"", "fail"} {
				t.Run(strings.Join([]string{m.id, name, does}, ", "), func(t *testing.T) {
					w.putLock(t, arn, c.owner, dawn)
					seen := newWatch()
					w.run(t, &plan{last: moment{machine: arn, name: "redriven", input: object{"seconds": 3, "does": does}}}, seen)
					if x := seen.executions[redriven]; does == "" {
						x.is(t, engine.Succeeded, `"done"`, 0)
					} else {
						x.is(t, engine.Failed, "Body.Failed after 3 s", 0)
					}
					if entered := seen.executions[redriven].entered; entered.Sub(dawn) > time.Second {
						t.Errorf("got the body entered at %s, expected it at once: the lock is not asked for", entered)
					}
					if owner := w.owners(t)[arn]; owner != c.after {
						t.Errorf("got the lock owned by %q afterwards, expected %q", owner, c.after)
					}
				})
			}
		}
	}
	t.Run("both are in the body, and the other keeps its lock", func(t *testing.T) {
		arn, seen := w.machineARN(t, "Fail"), newWatch()
		w.putLock(t, arn, executionARN(arn, "of-last-year"), dawn.AddDate(-1, 0, 0))
		at := func(seconds int, name string, works int) moment {
			return moment{after: time.Duration(seconds) * time.Second, machine: arn, name: name, input: object{"seconds": works}}
		}
		w.run(t, &plan{moments: []moment{at(0, "other", 30), at(10, "redriven", 5), at(20, "late", 1)}, last: at(3600, "next", 1)}, seen)
		if len(seen.overlaps) != 1 || !strings.Contains(seen.overlaps[0], "redriven entered the body") {
			t.Errorf("got %v, expected the redriven execution beside the other", seen.overlaps)
		}
		x := seen.of(arn)
		x[0].is(t, engine.Succeeded, `"done"`, 30*time.Second)
		x[1].is(t, engine.Succeeded, `"done"`, 5*time.Second)
		x[2].is(t, engine.Failed, "MapJob.AlreadyRunning execution "+x[0].arn, 0)
		x[3].is(t, engine.Succeeded, `"done"`, time.Second)
	})
}
