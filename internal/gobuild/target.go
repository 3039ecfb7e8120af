package gobuild

import (
	"os/exec"
	"runtime"
	"strings"

	"github.com/mapjob/mapjob/internal/reads"
)

// Tags are the build tags of functions. Without the RPC protocol of the retired
// go1.x runtime, a binary is smaller.
const Tags = "lambda.norpc"

// Target is what executables are built for.
type Target struct {
	name        string
	flags       []string
	environment []string
}

// Lambda returns the target of functions on AWS Lambda. The same sources give the
// same bytes in every folder and on every machine: of the machine's Go settings
// only those that find modules count.
//
// The executables have a build ID, by which the go command sees that one of them
// need not be linked again. [CopyWithoutID] makes assets of them.
func Lambda(goarch string) Target {
	return Target{
		name:  "linux-" + goarch,
		flags: []string{"-trimpath", "-ldflags=-s -w -B none"}, // -B none: no second ID, which is made from the first
		environment: []string{"GOOS=linux", "GOARCH=" + goarch, "CGO_ENABLED=0", "GOEXPERIMENT=", "GOFIPS140=off",
			"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=" + moduleFlags(setting("GOFLAGS"))},
	}
}

// Host returns the target of functions on this machine. It keeps the machine's Go
// settings, so that the build cache has the standard library.
func Host() Target {
	return Target{
		name:        runtime.GOOS + "-" + runtime.GOARCH,
		flags:       []string{"-ldflags=-s -w"},
		environment: []string{"GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH},
	}
}

// setting returns a setting of the go command, from the environment or from its
// file.
func setting(name string) string {
	reads.Ask()
	value, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(value))
}

// moduleFlags returns the flags of GOFLAGS that say where modules are. The rest
// would change the executables. The result is not empty: an empty GOFLAGS would
// not replace the one of `go env -w`.
func moduleFlags(goflags string) string {
	kept := []string{"-buildvcs=false"}
	for _, flag := range splitFlags(goflags) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "mod", "modfile", "modcacherw":
			kept = append(kept, quoted(flag))
		}
	}
	return strings.Join(kept, " ")
}

// splitFlags returns the flags of GOFLAGS: they are separated by spaces, and a flag
// may be quoted as a whole (go help goflags).
func splitFlags(goflags string) (flags []string) {
	for rest := strings.TrimSpace(goflags); rest != ""; rest = strings.TrimSpace(rest) {
		end := strings.IndexAny(rest, " \t\r\n")
		if quote := rest[0]; quote == '\'' || quote == '"' {
			rest = rest[1:]
			end = strings.IndexByte(rest, quote)
		}
		if end < 0 {
			return append(flags, rest)
		}
		flags = append(flags, rest[:end])
		rest = rest[end+1:]
	}
	return flags
}

// quoted returns a flag as GOFLAGS has it.
func quoted(flag string) string {
	switch {
	case !strings.ContainsAny(flag, " \t\r\n"):
		return flag
	case strings.Contains(flag, "'"):
		return `"` + flag + `"`
	}
	return "'" + flag + "'"
}
