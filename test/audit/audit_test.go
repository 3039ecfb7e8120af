package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAcceptances(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	found := []vulnerability{{"GO-1", "a@v1", "update to v2"}}
	for name, c := range map[string]struct {
		accepted []acceptance
		expected string // what is said of the only fault
	}{
		"none":            {nil, "govulncheck: GO-1 in a@v1: update to v2"},
		"accepted":        {[]acceptance{{"govulncheck", "GO-1", "not called", "2026-12-01"}}, ""},
		"of another tool": {[]acceptance{{"npm audit", "GO-1", "not called", "2027-01-01"}}, "GO-1 in a@v1"},
		"expired":         {[]acceptance{{"govulncheck", "GO-1", "not called", "2026-11-30"}}, "was accepted until 2026-11-30"},
		"no day":          {[]acceptance{{"govulncheck", "GO-1", "not called", "soon"}}, `until "soon"`},
		"no reason":       {[]acceptance{{"govulncheck", "GO-1", "", "2027-01-01"}}, "a reason"},
		"unused": {[]acceptance{{"govulncheck", "GO-1", "not called", "2027-01-01"}, {"govulncheck", "GO-2", "not called", "2027-01-01"}},
			"GO-2 is accepted and was not found"},
	} {
		var out strings.Builder
		faults := judge(&out, "govulncheck", found, c.accepted, now)
		if (faults > 0) != (c.expected != "") || faults > 1 || !strings.Contains(out.String(), c.expected) {
			t.Errorf("%s: got %d faults and %q, expected %q", name, faults, out.String(), c.expected)
		}
	}
}

// jsonata is old on purpose: each fault of it that is found later is accepted, too.
func TestVulnerabilitiesOfAPackageAreAccepted(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	list := []acceptance{{"npm audit", "old", "only tests have it", "2027-01-01"}}
	one, two := vulnerability{"GHSA-1", "old <2.0.0", "x"}, vulnerability{"GHSA-2", "old <=2.1.0", "y"}
	for name, c := range map[string]struct {
		tool     string
		found    []vulnerability
		expected string
	}{
		"all of it":       {"npm audit", []vulnerability{one, two}, ""},
		"of another":      {"npm audit", []vulnerability{one, {"GHSA-3", "older <1.0.0", "z"}}, "GHSA-3 in older <1.0.0"},
		"of another tool": {"govulncheck", []vulnerability{one}, "GHSA-1 in old"},
		"none":            {"npm audit", nil, "old is accepted and was not found"},
	} {
		var out strings.Builder
		if faults := judge(&out, c.tool, c.found, list, now); (faults > 0) != (c.expected != "") || faults > 1 || !strings.Contains(out.String(), c.expected) {
			t.Errorf("%s: got %d faults and %q, expected %q", name, faults, out.String(), c.expected)
		}
	}
}

func TestAToolThatCannotLookFailsWhereAllHaveTo(t *testing.T) {
	before := tools
	defer func() { tools = before }()
	for _, c := range []struct {
		err    error
		strict bool
		fails  bool
	}{{errUnreachable, false, false}, {errUnreachable, true, true}, {errors.New("broken"), false, true}, {nil, true, false}} {
		tools = []struct {
			name string
			find func(context.Context, io.Writer) ([]vulnerability, error)
		}{{"govulncheck", func(context.Context, io.Writer) ([]vulnerability, error) { return nil, c.err }}}
		var out strings.Builder
		err := run(t.Context(), &out, c.strict)
		if (err != nil) != c.fails || (c.err != nil && !c.fails) != strings.Contains(out.String(), "NOT TESTED") {
			t.Errorf("%+v: got error %v and %q", c, err, out.String())
		}
	}
}

// A module calls a function of another that a report says is vulnerable.
func TestAVulnerableCallIsFound(t *testing.T) {
	reports := t.TempDir()
	write(t, filepath.Join(reports, "GO-2000-0001.json"), `{"schema_version": "1.3.1", "id": "GO-2000-0001", "modified": "2000-01-01T00:00:00Z",
		"published": "2000-01-01T00:00:00Z", "summary": "made up", "affected": [{"package": {"name": "golang.org/x/text", "ecosystem": "Go"},
		"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "9.0.0"}]}],
		"ecosystem_specific": {"imports": [{"path": "golang.org/x/text/language", "symbols": ["Parse"]}]}},
		{"package": {"name": "stdlib", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "9.1.0"}]}],
		"ecosystem_specific": {"imports": [{"path": "os", "symbols": ["Getenv"]}]}}]}`)
	database, err := database(reports)
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(database)

	module := t.TempDir()
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(string(mod), "golang.org/x/text ")
	version, _, _ = strings.Cut(version, "\n")
	write(t, filepath.Join(module, "go.sum"), string(sums))
	write(t, filepath.Join(module, "go.mod"), "module example.com/shop\n\ngo 1.26\n\nrequire golang.org/x/text "+version+"\n")
	write(t, filepath.Join(module, "main.go"), `package main

import "golang.org/x/text/language"

func main() { println(language.MustParse("en").String()) }
`)
	text := vulnerability{"GO-2000-0001", "golang.org/x/text@" + version, "update to v9.0.0"}
	for name, c := range map[string]struct {
		packages []string
		expected []vulnerability
	}{
		"calls":       {[]string{"."}, []vulnerability{text}}, // that of the standard library is not called
		"the modules": {nil, []vulnerability{text}},
	} {
		got, err := scan(t.Context(), "file://"+database, module, c.packages...)
		if err != nil || !slices.Equal(got, c.expected) {
			t.Errorf("%s: got %v and error %v, expected %v", name, got, err, c.expected)
		}
	}
	write(t, filepath.Join(module, "main.go"), "package main\n\nimport (\n\t\"os\"\n\n\t\"golang.org/x/text/language\"\n)\n\n"+
		"func main() { println(language.MustParse(os.Getenv(\"LANG\")).String()) }\n")
	got, err := scan(t.Context(), "file://"+database, module, ".")
	if err != nil || !slices.ContainsFunc(got, func(v vulnerability) bool {
		return strings.HasPrefix(v.where, "stdlib@") && v.advice == "update to v9.1.0 in the line toolchain of each go.mod"
	}) {
		t.Errorf("got %v and error %v, expected os.Getenv too, and what to do", got, err)
	}
}

func TestVulnerabilitiesOfAnOlderGoAreNotInAReleaseOfANewer(t *testing.T) {
	for where, expected := range map[string]bool{
		"stdlib@v1.26.9": true, "stdlib@v1.25.12": true, "stdlib@v1.26.10": false, "stdlib@v1.27.0": false, "golang.org/x/text@v0.1.0": false,
	} {
		if got := outdated(vulnerability{where: where}, "go1.26.10"); got != expected {
			t.Errorf("%s: got %v, expected %v", where, got, expected)
		}
	}
}

// The toolchain line counts only in the module where the go command runs. With two
// toolchains, everything would be compiled twice.
func TestAllModulesHaveOneToolchain(t *testing.T) {
	expected, err := toolchain("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	modules := files(t, "go.mod")
	if len(modules) < 5 {
		t.Errorf("got the modules %q, expected those of the examples too", modules)
	}
	for _, file := range modules {
		if got, err := toolchain(filepath.Join(root, file)); err != nil || got != expected {
			t.Errorf("%s: got toolchain %s and error %v, expected %s as in go.mod", file, got, err, expected)
		}
	}
	if !strings.Contains(read(t, "docs/releasing.md"), "\nGOTOOLCHAIN="+expected+" ") {
		t.Errorf("docs/releasing.md: expected that binaries are built with GOTOOLCHAIN=%s", expected)
	}
}

func TestReportsOfNpm(t *testing.T) {
	found, err := advisories([]byte(`{"auditReportVersion": 2, "vulnerabilities": {
		"leaky": {"via": [{"name": "leaky", "title": "Leaks", "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc", "range": "<2.0.0"}]},
		"user": {"via": ["leaky"]}}}`))
	if expected := []vulnerability{{"GHSA-aaaa-bbbb-cccc", "leaky <2.0.0", "Leaks"}}; err != nil || !slices.Equal(found, expected) {
		t.Errorf("got %v and error %v, expected %v", found, err, expected)
	}
	if found, err := advisories([]byte(`{"auditReportVersion": 2, "vulnerabilities": {}}`)); err != nil || len(found) > 0 {
		t.Errorf("got %v and error %v, expected nothing", found, err)
	}
	if _, err := advisories([]byte(`{"message": "405 Method Not Allowed", "error": {"summary": ""}}`)); !errors.Is(err, errUnreachable) {
		t.Errorf("got error %v, expected that the database can't be reached", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
