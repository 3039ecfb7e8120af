package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

const (
	govulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"
	official    = "https://vuln.go.dev"
	// mirror has the reports of the database as of its day.
	mirror = "golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018"
)

// scanned are the modules of this repository, with the packages whose calls are
// followed: those that run outside of a synthesis. Following the calls of the CDK takes
// minutes and finds no others, because its modules are looked at as a whole.
var scanned = []struct {
	folder   string
	packages []string
}{
	{".", []string{"./cmd/...", "./job/...", "./sfntest/...", "./lambdas/...", "./constructs/mapjob/functions/...", "./constructs/trigger/functions/..."}},
	{"examples", []string{"./worker"}},
	{"examples/howto", nil},
	{"examples/sfntest", []string{"./functions/..."}},
	{"examples/tutorial", nil},
}

// modules runs govulncheck. A vulnerable module is found whether it is called or not,
// one of the standard library only if it is called. Those of a Go that is older than the
// toolchain of go.mod are not in a release.
func modules(ctx context.Context, out io.Writer) ([]vulnerability, error) {
	database, err := databaseOf(ctx, out)
	if err != nil {
		return nil, err
	}
	if folder, ok := strings.CutPrefix(database, "file://"); ok {
		defer os.RemoveAll(folder)
	}
	toolchain, err := toolchain("go.mod")
	if err != nil {
		return nil, err
	}
	var list []vulnerability
	for _, m := range scanned {
		found, err := scan(ctx, database, m.folder, m.packages...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.folder, err)
		}
		for _, v := range found {
			if outdated(v, toolchain) {
				if m.folder == "." {
					fmt.Fprintf(out, "warning: %s has %s, which is called; releases are made with %s\n", v.where, v.id, toolchain)
				}
				continue
			}
			list = append(list, v)
		}
	}
	return list, nil
}

// toolchain returns the toolchain of a go.mod, such as go1.26.10.
func toolchain(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	mod, err := modfile.Parse(name, text, nil)
	if err != nil {
		return "", err
	}
	if mod.Toolchain == nil {
		return "", fmt.Errorf("%s: got no line toolchain, expected that of releases", name)
	}
	return mod.Toolchain.Name, nil
}

// outdated reports whether v is in the standard library of a Go older than toolchain.
func outdated(v vulnerability, toolchain string) bool {
	got, ok := strings.CutPrefix(v.where, "stdlib@v")
	return ok && version.Compare("go"+got, toolchain) < 0
}

// databaseOf returns the address of a vulnerability database: the official one or, if
// it can't be reached and this is not GitHub, a copy of its reports in a folder.
func databaseOf(ctx context.Context, out io.Writer) (string, error) {
	limited, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodGet, official+"/index/db.json", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return official, nil
		}
		err = errors.New(response.Status)
	}
	if os.Getenv("GITHUB_ACTIONS") != "" {
		return "", fmt.Errorf("%w: %w", errUnreachable, err)
	}
	folder, missing := download(ctx)
	if missing != nil {
		return "", fmt.Errorf("%w: %w; %w", errUnreachable, err, missing)
	}
	database, err := database(filepath.Join(folder, "data", "osv"))
	if err != nil {
		return "", err
	}
	fmt.Fprintf(out, "NOT TESTED: vulnerabilities newer than %s: %s can't be reached\n", mirror, official)
	return "file://" + database, nil
}

// download returns the folder of the mirror.
func download(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", mirror)
	cmd.Dir = os.TempDir()
	text, err := cmd.Output()
	var module struct{ Dir, Error string }
	if broken := json.Unmarshal(text, &module); broken != nil || module.Dir == "" {
		return "", fmt.Errorf("%s: %w %s", mirror, errors.Join(err, broken), module.Error)
	}
	return module.Dir, nil
}

// database writes reports in the form of a database (go.dev/doc/security/vuln/database),
// in a new folder.
func database(reports string) (string, error) {
	files, err := filepath.Glob(filepath.Join(reports, "GO-*.json"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("found no reports in %s", reports)
	}
	if err != nil {
		return "", err
	}
	type id struct {
		ID       string    `json:"id"`
		Modified time.Time `json:"modified"`
	}
	type module struct {
		Path            string `json:"path"`
		Vulnerabilities []id   `json:"vulns"`
	}
	index := map[string]*module{}
	folder, err := os.MkdirTemp("", "mapjob-audit")
	if err != nil {
		return "", err
	}
	write := func(name string, text []byte) error {
		path := filepath.Join(folder, name)
		return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o600))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		var report struct {
			id
			Affected []struct{ Package struct{ Name string } }
		}
		if err := json.Unmarshal(text, &report); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		for _, affected := range report.Affected {
			path := affected.Package.Name
			if index[path] == nil {
				index[path] = &module{Path: path}
			}
			if !slices.Contains(index[path].Vulnerabilities, report.id) {
				index[path].Vulnerabilities = append(index[path].Vulnerabilities, report.id)
			}
		}
		if err := write("ID/"+report.ID+".json", text); err != nil {
			return "", err
		}
	}
	var all []*module
	for _, m := range index {
		all = append(all, m)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	return folder, errors.Join(write("index/modules.json", text), write("index/db.json", []byte(`{"modified": "2000-01-01T00:00:00Z"}`)))
}

// scan looks for vulnerabilities in a module.
func scan(ctx context.Context, database, folder string, packages ...string) ([]vulnerability, error) {
	args := []string{"run", govulncheck, "-C", folder, "-db", database, "-format", "json"}
	if len(packages) == 0 {
		args = append(args, "-scan", "module")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output() // with this format it succeeds whatever it finds
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, said.String())
	}
	var list []vulnerability
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var line struct {
			Finding *struct {
				OSV          string
				FixedVersion string `json:"fixed_version"`
				Trace        []struct{ Module, Version, Package, Function string }
			}
		}
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		if line.Finding == nil || len(line.Finding.Trace) == 0 {
			continue
		}
		at := line.Finding.Trace[0]
		if at.Module == "stdlib" && at.Function == "" {
			continue
		}
		v := vulnerability{line.Finding.OSV, at.Module + "@" + at.Version, "it is not fixed yet"}
		if line.Finding.FixedVersion != "" {
			v.advice = "update to " + line.Finding.FixedVersion
			if at.Module == "stdlib" {
				v.advice += " in the line toolchain of each go.mod"
			}
		}
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
}
