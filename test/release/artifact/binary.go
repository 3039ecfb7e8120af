// Package artifact builds what a release has: binaries of the command from the module's
// zip, the same bytes in every folder, and archives of them.
package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Platforms are those that a release has binaries for.
var Platforms = []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"}

// Host is the platform of this machine.
const Host = runtime.GOOS + "/" + runtime.GOARCH

// Flags are those of `go install` that make a binary the same on every machine.
var Flags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="}

// Builder installs a command as a user does: by its version, in a folder without a
// module, and with a module cache of its own.
type Builder struct {
	Proxy   string // the address of the proxy that has the version
	Package string // the import path of the command
	Version string
	Folder  string // for the module cache and the binaries
	Cache   string // the build cache; empty means that of the user
}

// Build returns the path of the binary for a platform.
func (b Builder) Build(ctx context.Context, platform string) (string, error) {
	env, err := b.env(ctx)
	if err != nil {
		return "", err
	}
	nowhere := filepath.Join(b.Folder, "nowhere")
	if err := os.MkdirAll(nowhere, 0o755); err != nil {
		return "", err
	}
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"install"}, Flags...), b.Package+"@"+b.Version)...)
	cmd.Dir = nowhere
	cmd.Env = append(env, "PWD="+nowhere, "GOOS="+goos, "GOARCH="+goarch,
		"CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off", "GOBIN=", "GOPATH="+filepath.Join(b.Folder, "go"))
	if problem, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s@%s for %s: %w\n%s", b.Package, b.Version, platform, err, problem)
	}
	folder := filepath.Join(b.Folder, "go", "bin")
	if platform != Host {
		folder = filepath.Join(folder, goos+"_"+goarch)
	}
	return filepath.Join(folder, filepath.Base(b.Package)), nil
}

// env is the environment of the go command: modules come from the proxy and from the
// downloads of the user's module cache, and from nowhere else.
func (b Builder) env(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOMODCACHE: %w", err)
	}
	downloads := filepath.Join(strings.TrimSpace(string(out)), "cache", "download")
	env := append(os.Environ(), "GOFLAGS=-modcacherw", "GOWORK=off", "GONOSUMDB=*", "GONOPROXY=none", "GOPRIVATE=", "GOTOOLCHAIN=local",
		"GOMODCACHE="+filepath.Join(b.Folder, "mod"), "GOPROXY="+b.Proxy+",file://"+filepath.ToSlash(downloads))
	if b.Cache != "" {
		env = append(env, "GOCACHE="+b.Cache)
	}
	return env, nil
}

// Same compares the bytes of two files.
func Same(a, b string) error {
	one, err := os.ReadFile(a)
	if err != nil {
		return err
	}
	two, err := os.ReadFile(b)
	if err != nil {
		return err
	}
	if len(one) == 0 {
		return errors.New(a + ": got an empty file")
	}
	if bytes.Equal(one, two) {
		return nil
	}
	at := 0
	for at < min(len(one), len(two)) && one[at] == two[at] {
		at++
	}
	return fmt.Errorf("%s was built twice: got %d bytes with the sum %x and %d bytes with the sum %x, which differ from byte %d, expected the same bytes",
		filepath.Base(a), len(one), sha256.Sum256(one), len(two), sha256.Sum256(two), at)
}
