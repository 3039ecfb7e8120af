package lambdahost

import (
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// invalidEntrypoint returns Lambda's error for an executable that does not start,
// with the reason on this machine.
func invalidEntrypoint(fn *function, err error) failure {
	return failure{
		errorType: "Runtime.InvalidEntrypoint",
		message:   fmt.Sprintf("Couldn't find valid bootstrap(s): [%s]: %s", fn.Command[0], whyNotStarted(fn, err)),
	}
}

// whyNotStarted explains why an executable did not start and what to do.
func whyNotStarted(fn *function, err error) string {
	path := fn.Command[0]
	build := fmt.Sprintf("build it for this machine with GOOS=%s GOARCH=%s", runtime.GOOS, runtime.GOARCH)

	if info, statErr := os.Stat(fn.Dir); statErr != nil || !info.IsDir() {
		return fmt.Sprintf("the working directory %s is missing or is not a directory", fn.Dir)
	}
	info, statErr := os.Stat(path)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return "no such file: " + build
	case statErr != nil:
		return statErr.Error()
	case info.IsDir():
		return "it is a directory, expected an executable"
	case info.Mode()&0o111 == 0:
		return fmt.Sprintf("it is not executable (mode %s): chmod +x it", info.Mode())
	}
	if made := architecture(path); made != "" && made != runtime.GOOS+"/"+runtime.GOARCH {
		return fmt.Sprintf("it was built for %s, but this machine is %s/%s: %s", made, runtime.GOOS, runtime.GOARCH, build)
	}
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Sprintf("it is neither an executable for %s/%s nor a script that starts with #!: %s", runtime.GOOS, runtime.GOARCH, build)
	case errors.Is(err, fs.ErrNotExist):
		return "the file exists, but the interpreter or dynamic loader that it names does not"
	}
	return err.Error()
}

// architecture returns the platform of an executable in Go's notation, such as
// "linux/arm64", or "" if the file format is not known.
func architecture(path string) string {
	if file, err := elf.Open(path); err == nil {
		defer file.Close()
		machine := strings.ToLower(strings.TrimPrefix(file.Machine.String(), "EM_"))
		switch file.Machine {
		case elf.EM_X86_64:
			machine = "amd64"
		case elf.EM_AARCH64:
			machine = "arm64"
		}
		return "linux/" + machine
	}
	if file, err := macho.Open(path); err == nil {
		defer file.Close()
		machine := strings.ToLower(strings.TrimPrefix(file.Cpu.String(), "Cpu"))
		return "darwin/" + machine
	}
	return ""
}
