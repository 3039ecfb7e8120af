package lambdahost

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

func supported() error { return nil }

// spawner starts processes from one thread that lives as long as the host.
//
// Every process asks the kernel to be killed when its parent dies. The kernel
// takes the parent to be the thread that forked (prctl(2), PR_SET_PDEATHSIG), and
// a thread of the Go runtime may end earlier than the program: so the thread that
// forks is kept locked.
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
		defer runtime.UnlockOSThread() // so that the thread goes on after the host
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

// stop must come after the last spawn.
func (s *spawner) stop() { s.stopOnce.Do(func() { close(s.requests) }) }

// wait returns how the process ended. While the process is a zombie its ID can't
// be given to another one, so that is when the rest of its group is killed.
func (p *process) wait() error {
	const (
		byPID    = 1 // P_PID
		keepDead = syscall.WEXITED | syscall.WNOWAIT
	)
	var info [128]byte // siginfo_t
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(p.cmd.Process.Pid),
			uintptr(unsafe.Pointer(&info)), keepDead, 0, 0)
		if errno != syscall.EINTR {
			break
		}
	}
	p.seal()
	return p.cmd.Wait()
}
