//go:build unix

package runs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onFullDisk names what this program does while nothing can be written.
const onFullDisk = "MAPJOB_TEST_ON_FULL_DISK"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(onFullDisk) {
	case "":
		os.Exit(m.Run())
	case "new":
		_, err = New()
	case "start":
		err = (&Start{App: "other"}).Write(".")
	}
	if err != nil {
		os.Exit(1)
	}
}

// expectFullDisk does it in the current folder, and expects an error.
func expectFullDisk(t *testing.T, what string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", `trap "" XFSZ; ulimit -f 0; exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), onFullDisk+"="+what)
	if said, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 1 || len(said) > 0 {
		t.Fatalf("got %v and %q although nothing can be written, expected exit code 1", err, said)
	}
}

// Git ignores the runs also if the disk was full when the first one began.
func TestIgnoredAfterAFullDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	ignore := filepath.Join(root, ".gitignore")
	expectFullDisk(t, "new")
	if err := os.Symlink("/dev/null", ignore); err != nil { // a second one comes further
		t.Fatal(err)
	}
	expectFullDisk(t, "new")
	if err := os.Remove(ignore); err != nil {
		t.Fatal(err)
	}
	folder, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Release()
	if text, err := os.ReadFile(ignore); string(text) != "*\n" {
		t.Errorf("got %q and %v in .gitignore, expected *", text, err)
	}
	if entries, err := os.ReadDir(folders); len(entries) != 1 {
		t.Errorf("got %v and %v in %s, expected one folder", entries, err, folders)
	}
}

// How a run was started is still known after its parts could not be started again.
func TestStartOutlivesAFullDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	start := &Start{App: "go run ."}
	if err := start.Write("."); err != nil {
		t.Fatal(err)
	}
	expectFullDisk(t, "start")
	if got, err := ReadStart("."); err != nil || got.App != start.App {
		t.Errorf("got %+v and %v, expected %+v", got, err, start)
	}
	if entries, err := os.ReadDir("."); len(entries) != 1 {
		t.Errorf("got %v and %v, expected one file", entries, err)
	}
}

// One problem is reported once.
func TestMapjobIsNoFolder(t *testing.T) {
	for name, make := range map[string]func() error{
		"file":        func() error { return os.WriteFile(root, nil, 0o600) },
		"broken link": func() error { return os.Symlink("nowhere", root) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := make(); err != nil {
				t.Fatal(err)
			}
			if _, err := New(); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "mkdir .mapjob") {
				t.Errorf("got %v, expected one error", err)
			}
		})
	}
}
