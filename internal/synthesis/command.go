package synthesis

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// goRun matches commands that do nothing but build and run a Go program, such as
// that of `cdk init`: "go mod download && go run app.go". A line end would begin
// another command.
var goRun = regexp.MustCompile(`^ *(?:go +mod +(?:download|tidy|verify) *&& *)*go +run((?: +[\w./=,:+~-]+)+) *$`)

// switches are the flags of `go run` without a value that do not change what is
// built.
var switches = []string{"-a", "-v", "-x", "-work", "-trimpath", "-modcacherw"}

// goProgram returns the flags of an app's command, and its packages or files, as
// `go list` takes them. The error says why it is not known what the command reads.
func goProgram(command string, settings map[string]string) (flags, packages []string, err error) {
	found := goRun.FindStringSubmatch(command)
	if found == nil || settings == nil {
		return nil, nil, errors.New("its command is not `go run PACKAGE`")
	}
	args := strings.Fields(found[1])
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flags, args = append(flags, args[0]), args[1:]
	}
	for _, flag := range slices.Concat(strings.Fields(settings["GOFLAGS"]), flags) {
		if !keepsInputs(flag) {
			return nil, nil, fmt.Errorf("the go command is given %s", flag)
		}
	}
	if len(args) == 0 {
		return nil, nil, errors.New("its command is not `go run PACKAGE`")
	}
	packages = args[:1]
	for len(packages) < len(args) && strings.HasSuffix(args[0], ".go") && strings.HasSuffix(args[len(packages)], ".go") {
		packages = args[:len(packages)+1]
	}
	return flags, packages, nil
}

// keepsInputs reports whether what is built with a flag of `go run` depends on nothing
// that `go list` does not know. With -buildvcs=true it depends on the repository.
func keepsInputs(flag string) bool {
	name, value, hasValue := strings.Cut(strings.Replace(flag, "--", "-", 1), "=")
	switch name {
	case "-mod", "-p":
		return hasValue
	case "-buildvcs":
		return value == "false" || value == "auto" // of which `go run` makes false
	}
	return slices.Contains(switches, name)
}
