package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/mapjob/mapjob/test/release/artifact"
	"github.com/mapjob/mapjob/test/release/changelog"
)

// check checks what does not depend on the version, also with changes that are not
// committed: see docs/releasing.md.
func (r release) check(ctx context.Context) error {
	return temporary(func(folder string) error {
		const version = "v0.0.0-check"
		var log *changelog.Log
		var packed []byte
		if err := r.step(ctx, "changelog", func() (result string, err error) {
			log, err = r.checkout.changelog()
			return "has the form of Keep a Changelog 1.1.0", err
		}); err != nil {
			return err
		}
		if err := r.step(ctx, "zip", func() (result string, err error) {
			if packed, err = r.checkout.pack("", version); err != nil {
				return "", err
			}
			return describeZip(packed)
		}); err != nil {
			return err
		}
		if err := r.step(ctx, "licenses", func() (string, error) {
			_, result, err := r.licenses()
			return result, err
		}); err != nil {
			return err
		}
		if err := r.step(ctx, "binary", func() (string, error) { return r.checkBinary(ctx, folder, version, packed) }); err != nil {
			return err
		}
		return r.step(ctx, "API", func() (string, error) { return r.checkAPI(ctx, folder, log) })
	})
}

// checkBinary installs the command from the zip in two folders. Packages that the build
// cache has are not compiled again: a release does that.
func (r release) checkBinary(ctx context.Context, folder, version string, packed []byte) (string, error) {
	proxy, err := moduleproxy.Serve(filepath.Join(folder, "proxy"), version, packed)
	if err != nil {
		return "", err
	}
	one := artifact.Builder{Proxy: proxy, Package: command, Version: version, Folder: filepath.Join(folder, "one")}
	two := one
	two.Folder = filepath.Join(folder, "another")
	path, err := buildTwice(ctx, one, two, artifact.Host)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("go install from the zip, in two folders, gives the same %s for %s", megabytes(uint64(info.Size())), artifact.Host), expectVersion(ctx, path, version)
}

func (r release) checkAPI(ctx context.Context, folder string, log *changelog.Log) (string, error) {
	versions, err := r.checkout.versions(ctx)
	if err != nil {
		return "", err
	}
	if len(versions) == 0 {
		return "there is no version yet to compare with", nil
	}
	changes, err := r.apiChanges(ctx, folder, versions[0])
	if err != nil {
		return "", err
	}
	unreleased, _ := log.Section(changelog.Unreleased)
	return fmt.Sprintf("%d changes since %s, of which %d break programs", len(changes), versions[0], breaking(changes)), announced(changes, unreleased.Announces)
}
