// Package consumer uses this module as other repositories do: published by a
// module proxy, in folders of their own.
package consumer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/mapjob/mapjob/test/review"
)

// The app has one function of its own, and three that constructs bring along.
const functions = 4

func TestAnAppInAModuleOfItsOwn(t *testing.T) {
	p := publish(t)
	shop := newShop(t, p)
	before := shop.cached(t)

	t.Run("with the module cache", func(t *testing.T) {
		shop.synthesize(t)
		shop.review(t, "test/consumer/testdata/shop")
	})
	t.Run("offline", func(t *testing.T) { shop.with("GOPROXY=off").synthesize(t) })
	t.Run("with a newer AWS SDK", func(t *testing.T) {
		newer := shop.copy(t)
		newer.run(t, "go", "get", "github.com/aws/aws-sdk-go-v2@latest", "github.com/aws/aws-sdk-go-v2/service/s3@latest",
			"github.com/aws/aws-sdk-go-v2/service/sfn@latest")
		newer.run(t, "go", "mod", "tidy")
		newer.synthesize(t)
	})
	t.Run("vendored", func(t *testing.T) {
		vendored := shop.copy(t)
		vendored.run(t, "go", "mod", "vendor")
		vendored = vendored.with("GOPROXY=off", "GOFLAGS=-mod=vendor -trimpath") // else the build cache keeps packages of this folder only
		vendored.synthesize(t)

		lacks := filepath.Join(vendored.folder, "vendor", filepath.FromSlash(modulePath), "constructs", "mapjob", "functions")
		if err := os.RemoveAll(lacks); err != nil {
			t.Fatal(err)
		}
		out, err := vendored.try(vendored.build(t, "."))
		if err == nil || !strings.Contains(out, "go mod vendor") || strings.Contains(out, "goroutine ") {
			t.Errorf("got error %v and output:\n%s\nexpected one that says `go mod vendor`, and no stack", err, out)
		}
	})
	t.Run("in a workspace", func(t *testing.T) {
		space := shop.copy(t)
		other := filepath.Join(space.folder, "other")
		write(t, filepath.Join(other, "go.mod"), "module example.com/other\n\ngo 1.26\n")
		write(t, filepath.Join(other, "other.go"), "package other\n")
		space = space.with("GOWORK=")
		space.run(t, "go", "work", "init", ".", "./other")
		space.synthesize(t)
	})
	t.Run("a refusal", func(t *testing.T) {
		refused := shop.copy(t)
		write(t, filepath.Join(refused.folder, "worker", "main.go"), "package worker\n")
		out, err := refused.try(refused.build(t, "."))
		if err == nil || !strings.Contains(out, "expected package main") || strings.Contains(out, "goroutine ") {
			t.Errorf("got error %v and output:\n%s\nexpected a refusal of a package that is not main, and no stack", err, out)
		}
	})
	t.Run("the root package", func(t *testing.T) {
		out, err := shop.without("CDK_OUTDIR").try(shop.build(t, modulePath))
		if err == nil || !strings.Contains(out, "go install "+modulePath+"/cmd/mapjob@latest") {
			t.Errorf("got error %v and output:\n%s\nexpected what the package is, and where the command is", err, out)
		}
	})

	if after := shop.cached(t); after != before {
		t.Error("got other files in the module cache than before the app was synthesized, expected that it is only read")
	}
}

// project is a CDK app in a folder outside of the repository.
type project struct {
	moduleproxy.Published
	folder string
	env    []string
}

// newProject returns an empty folder of a name.
func newProject(t *testing.T, p moduleproxy.Published, name string) project {
	s := project{Published: p, folder: filepath.Join(t.TempDir(), name)}
	if err := os.Mkdir(s.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	proxies := strings.TrimSpace(output(t, exec.Command("go", "env", "GOPROXY")))
	s.env = append(os.Environ(), "GOPROXY="+p.Proxy+","+proxies, "GONOSUMDB="+modulePath, "GOFLAGS=", "GOWORK=off", "CDK_VALIDATION=false")
	return s
}

// newShop makes the app as a newcomer does: go mod init, go get, go mod tidy.
func newShop(t *testing.T, p moduleproxy.Published) project {
	s := newProject(t, p, "shop")
	s = s.with("CDK_OUTDIR="+filepath.Join(s.folder, "cdk.out"), `CDK_CONTEXT_JSON={"aws:cdk:enable-path-metadata":true}`)
	if err := os.CopyFS(s.folder, os.DirFS("testdata/shop")); err != nil {
		t.Fatal(err)
	}
	copyFile(t, "../../examples/worker/main.go", filepath.Join(s.folder, "worker", "main.go"))
	s.require(t, "example.com/shop")
	return s
}

// require makes the folder a module that requires the published one.
func (s project) require(t *testing.T, module string) {
	t.Helper()
	s.run(t, "go", "mod", "init", module)
	s.run(t, "go", "get", modulePath+"@"+s.Version)
	s.run(t, "go", "mod", "tidy")
}

// copy returns the app in another folder.
func (s project) copy(t *testing.T) project {
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(s.folder)); err != nil {
		t.Fatal(err)
	}
	s.folder = folder
	if err := os.RemoveAll(filepath.Join(folder, "cdk.out")); err != nil {
		t.Fatal(err)
	}
	return s.with("CDK_OUTDIR=" + filepath.Join(folder, "cdk.out"))
}

// with returns the app with other variables in its environment.
func (s project) with(variables ...string) project {
	s.env = append(s.env[:len(s.env):len(s.env)], variables...)
	return s
}

func (s project) without(name string) project {
	var kept []string
	for _, variable := range s.env {
		if !strings.HasPrefix(variable, name+"=") {
			kept = append(kept, variable)
		}
	}
	s.env = kept
	return s
}

// synthesize synthesizes the app, and expects all functions in its assets.
func (s project) synthesize(t *testing.T) {
	t.Helper()
	out := filepath.Join(s.folder, "cdk.out")
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	s.run(t, s.build(t, "."))
	built, err := filepath.Glob(filepath.Join(out, "asset.*", "bootstrap"))
	if err != nil || len(built) != functions {
		t.Errorf("got the executables %q and error %v, expected %d", built, err, functions)
	}
	templates, err := filepath.Glob(filepath.Join(out, "*.template.json"))
	if err != nil || len(templates) != 1 {
		t.Errorf("got the templates %q and error %v, expected one", templates, err)
	}
}

// review keeps the templates of the app in a folder of the repository for test/quality.
func (s project) review(t *testing.T, app string) {
	t.Helper()
	folder := os.Getenv(review.Variable)
	if folder == "" {
		return
	}
	if err := review.Assembly(folder, app, filepath.Join(s.folder, "cdk.out")); err != nil {
		t.Fatal(err)
	}
}

// build builds a CDK app, and returns the path of the executable. `go run` would keep
// each of them in the build cache, where it takes 100 MB.
func (s project) build(t *testing.T, app string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app")
	s.run(t, "go", "build", "-ldflags=-s -w", "-o", path, app)
	return path
}

func (s project) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := s.try(name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func (s project) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.folder, append(s.env, "PWD="+s.folder)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// cached returns a sum of the module's files in the module cache.
func (s project) cached(t *testing.T) string {
	sum := sha256.New()
	err := filepath.WalkDir(s.Folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, name, info.Mode(), info.Size(), info.ModTime())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(text))
}
