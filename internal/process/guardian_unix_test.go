//go:build unix

package process

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain runs a program in place of the tests if a test asks for it.
func TestMain(m *testing.M) {
	if script := os.Getenv("MAPJOB_TEST_RUN"); script != "" {
		cmd := Command(context.Background(), "sh", "-c", script)
		cmd.Stdout = os.Stdout
		if err := Run(cmd); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestAKilledProcessLeavesNothingBehind(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAPJOB_TEST_RUN=sleep 60 & echo $!; wait") // as go run starts what it has built
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	grandchild, failed := strconv.Atoi(strings.TrimSpace(line))
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // for the guard
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for began := time.Now(); alive(grandchild); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 5*time.Second {
			_ = syscall.Kill(grandchild, syscall.SIGKILL)
			t.Fatalf("process %d lives on, expected that it ends with the one that was killed", grandchild)
		}
	}
}

// alive reports whether a process runs. One that has ended, and that nothing has waited
// for, does not.
func alive(pid int) bool {
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

func TestAGuardEndsWithItsProgram(t *testing.T) {
	began := time.Now()
	if err := Run(Command(t.Context(), "true")); err != nil || time.Since(began) > 2*time.Second {
		t.Errorf("got %v after %s, expected no error at once", err, time.Since(began))
	}
}
