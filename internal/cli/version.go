package cli

import (
	"runtime/debug"
	"strings"
)

// version describes the build of the command: the version of the module, and of a
// build from a checkout the commit, if it is known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "mapjob (unknown)"
	}
	text := []string{"mapjob " + info.Main.Version}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text = append(text, "commit "+s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			text = append(text, "modified")
		}
	}
	return strings.Join(append(text, info.GoVersion), ", ")
}
