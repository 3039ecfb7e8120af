package filelock

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// holder is a variable of the environment: this program locks the file that it names,
// and waits.
const holder = "FILELOCK_TEST_HOLD"

func TestMain(m *testing.M) {
	path := os.Getenv(holder)
	if path == "" {
		os.Exit(m.Run())
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = Lock(file)
	}
	if err != nil {
		_, _ = os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("locked\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func TestALockIsOfOneProcessAndEndsWithIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if Locked(path) {
		t.Error("got a lock of a file that does not exist")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holder+"="+path)
	if _, err := cmd.StdinPipe(); err != nil { // open as long as the process runs
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(out).ReadString('\n'); said != "locked\n" {
		t.Fatalf("got %q and %v, expected that the process locks the file", said, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := Lock(file); !errors.Is(err, ErrLocked) || !Locked(path) {
		t.Errorf("got %v and locked %t, expected that the other process has it", err, Locked(path))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if Locked(path) {
		t.Error("got a lock of a process that was killed")
	}
	if err := Lock(file); err != nil || !Locked(path) {
		t.Errorf("got %v and locked %t, expected a lock of this process", err, Locked(path))
	}
}

func TestThoseWhoLookDoNotPreventALock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	looked, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := lock(looked, false); !ok || err != nil {
		t.Fatalf("got %t and %v, expected a lock to read", ok, err)
	}
	if Locked(path) {
		t.Error("got that a file is locked while another process only looks")
	}
	done := make(chan error)
	go func() {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err == nil {
			err = errors.Join(Lock(file), file.Close())
		}
		done <- err
	}()
	if err := looked.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
