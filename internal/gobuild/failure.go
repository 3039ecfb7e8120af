package gobuild

import (
	"strings"
)

// commandError is a failed go command: what it printed, and what cures it.
type commandError struct {
	err  error
	said string
}

func (e *commandError) Error() string {
	text := e.said
	if text == "" {
		text = e.err.Error()
	}
	if advice := advice(e.said); advice != "" {
		text += "\n" + advice
	}
	return text
}

func (e *commandError) Unwrap() error { return e.err }

// said returns what a go command printed, without the lines about downloads.
func said(output string) string {
	var kept []string
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ""))
}

// advice returns the command that cures a failure, if there is one. What the go
// command itself proposes names one package of many.
func advice(said string) string {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(said, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("disabled by GOPROXY=off"):
		return "the module cache lacks a module, and GOPROXY=off forbids to download it: run `go mod download` where the proxy can be reached"
	case has("-mod=vendor", "inconsistent vendoring", "in vendor/modules.txt"):
		return "the vendor folder lacks what the functions import: run `go mod tidy && go mod vendor`, or `go work vendor` in a workspace"
	case has("missing go.sum entry", "updates to go.mod needed", "cannot find module providing package"):
		return "go.mod or go.sum lacks what the functions import: run `go mod tidy`"
	case has("no required module provides package"):
		return "if it is a function of another module, run `go get -tool` with its import path: go.mod, go.sum and the vendor folder then have it"
	}
	return ""
}
