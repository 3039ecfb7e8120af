package runs

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/typed"
)

func TestARunIsClaimedByOneProcess(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := Claim(Last); err == nil || err.Error() != "got no last run: start one with "+typed.Command("run") {
		t.Errorf("got %v, expected no last run, and what to do", err)
	}
	if all, err := All(); len(all) != 0 || err != nil {
		t.Errorf("got runs %v and %v, expected none", all, err)
	}
	makeRun(t, "20261101-000001-0000")
	makeUsed(t, "20261101-000002-0000")
	linkLast(filepath.Join(folders, "20261101-000001-0000"))
	all, err := All()
	if expected := []string{filepath.Join(folders, "20261101-000002-0000"), filepath.Join(folders, "20261101-000001-0000")}; !reflect.DeepEqual(all, expected) || err != nil {
		t.Errorf("got runs %v and %v, expected %v", all, err, expected)
	}
	if _, err := Claim("20261101-000002-0000"); err == nil || !strings.Contains(err.Error(), "another process uses it") {
		t.Errorf("got %v, expected a run in use", err)
	}
	for _, id := range []string{"", "..", "20261101-000003-0000", "20261101-000001-0000/logs", "."} {
		if folder, err := Find(id); err == nil {
			t.Errorf("%q: got folder %q, expected none", id, folder)
		}
	}
	claimed, err := Claim(Last)
	if err != nil || claimed.Path != all[1] {
		t.Fatalf("got %+v and %v, expected the last run", claimed, err)
	}
	folder := claimed.Path

	if _, err := ReadStart(folder); err == nil || !strings.Contains(err.Error(), "got no run.json") {
		t.Errorf("got %v, expected a run that did not begin", err)
	}
	start := &Start{App: "go run .", Job: "Job", Env: map[string]string{"F.X": "1"}, StateMachineARN: "arn"}
	if err := start.Write(folder); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadStart(folder); err != nil || !reflect.DeepEqual(got, start) {
		t.Errorf("got %+v and %v, expected %+v", got, err, start)
	}

	endpoints := map[string]string{"AWS_ENDPOINT_URL_SFN": "http://127.0.0.1:1"}
	if err := WriteEndpoints(folder, endpoints); err != nil {
		t.Fatal(err)
	}
	if got := Endpoints(folder); !reflect.DeepEqual(got, endpoints) {
		t.Errorf("got endpoints %v, expected %v", got, endpoints)
	}
	claimed.Release() // as if the process had been killed
	if got := Endpoints(folder); got != nil {
		t.Errorf("got endpoints %v, expected none without the process", got)
	}
}
