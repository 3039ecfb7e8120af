package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// Limits of the module's zip, in bytes. A user downloads all of it.
const (
	maxZip  = 20 << 20
	maxData = 2 << 20 // of the tests of the repository and all test data
	maxFile = 1 << 20 // of one file, unpacked
)

// describeZip returns the size of the module's zip and of what is in it only for tests,
// and refuses what is too large.
func describeZip(packed []byte) (string, error) {
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return "", err
	}
	var tests uint64
	for _, f := range files.File {
		_, name, _ := strings.Cut(f.Name, "@")
		_, name, _ = strings.Cut(name, "/")
		if strings.HasPrefix(name, "test/") || slices.Contains(strings.Split(name, "/"), "testdata") {
			tests += f.CompressedSize64
		}
		if f.UncompressedSize64 > maxFile {
			return "", fmt.Errorf("%s: got %s, expected at most %s: every user would download it; make its folder a module, or generate it", name, megabytes(f.UncompressedSize64), megabytes(maxFile))
		}
	}
	size := uint64(len(packed))
	if size > maxZip {
		return "", fmt.Errorf("got %s, expected at most %s", megabytes(size), megabytes(maxZip))
	}
	if tests > maxData {
		return "", fmt.Errorf("got %s of the repository's tests and test data, expected at most %s", megabytes(tests), megabytes(maxData))
	}
	return fmt.Sprintf("%s, of which %s are test data and the repository's tests", megabytes(size), megabytes(tests)), nil
}

func megabytes(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

// hash returns the sum of a zip that go.sum files and the checksum database have.
func hash(folder string, packed []byte) (string, error) {
	file := filepath.Join(folder, "module.zip")
	if err := os.WriteFile(file, packed, 0o644); err != nil {
		return "", err
	}
	return dirhash.HashZip(file, dirhash.Hash1)
}

// buildZip unpacks a zip into a folder, builds its packages and vets them with their
// tests.
func buildZip(ctx context.Context, folder, version string, packed []byte) error {
	file, unpacked := filepath.Join(folder, "module.zip"), filepath.Join(folder, "unpacked")
	if err := os.WriteFile(file, packed, 0o644); err != nil {
		return err
	}
	if err := modzip.Unzip(unpacked, module.Version{Path: moduleproxy.Module, Version: version}, file); err != nil {
		return err
	}
	for _, args := range [][]string{{"build", "-mod=readonly", "./..."}, {"vet", "-mod=readonly", "./..."}} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = unpacked
		cmd.Env = append(os.Environ(), "PWD="+unpacked, "GOWORK=off", "GOFLAGS=-buildvcs=false")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}
