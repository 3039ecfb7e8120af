package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mapjob returns the command mapjob with the arguments. It runs in a temporary
// folder, because a run leaves its files in the current folder, and has the
// sample's context and tools there.
func mapjob(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"cdk.json", "node_modules"} {
		if err := os.Symlink(absolute(t, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(folder, "mapjob")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/mapjob").CombinedOutput(); err != nil {
		t.Fatalf("building mapjob: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, arguments...)
	cmd.Dir = folder
	return cmd
}

// sample returns the arguments that run the sample's app with its orders in a
// table.
func sample(t *testing.T, table string) []string {
	t.Helper()
	return []string{
		"run", "--json", "--app", "cd '" + absolute(t, ".") + "' && go run .",
		"--seed", table + "=" + absolute(t, ordersFile), "--input", absolute(t, "examples/night.json"),
	}
}

// absolute returns the path of a file of the module.
func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
