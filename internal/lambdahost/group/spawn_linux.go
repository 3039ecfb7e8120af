package group

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

// spawner starts processes from one thread that lives as long as the Runner.
//
// Each process asks the kernel to kill it when its parent dies. For the kernel the
// parent is the thread that forked (prctl(2), PR_SET_PDEATHSIG), and the Go runtime
// may end a thread before the program ends. Therefore the forking thread is locked.
type spawner struct {
	requests chan spawnRequest
	stopOnce sync.Once
}

type spawnRequest struct {
	cmd    *exec.Cmd
	result chan error
}

func (s *spawner) start() {
	s.requests = make(chan spawnRequest)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread() // so that the thread does not end with the Runner
		for r := range s.requests {
			r.result <- r.cmd.Start()
		}
	}()
}

func (s *spawner) spawn(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	result := make(chan error, 1)
	s.requests <- spawnRequest{cmd, result}
	return <-result
}

// stop ends the thread. No spawn may follow.
func (s *spawner) stop() { s.stopOnce.Do(func() { close(s.requests) }) }

// wait waits until the program has ended. It kills the rest of the group while the
// program is a zombie, because until then no other process can get its ID.
func (g *Group) wait() error {
	const (
		byPID    = 1 // P_PID
		keepDead = syscall.WEXITED | syscall.WNOWAIT
	)
	var info [128]byte // siginfo_t
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(g.cmd.Process.Pid),
			uintptr(unsafe.Pointer(&info)), keepDead, 0, 0)
		if errno != syscall.EINTR {
			break
		}
	}
	g.seal()
	return g.cmd.Wait()
}
