package licenses

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	isc = `Copyright (c) 2026 Somebody

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY
AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
`
	mpl = "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.\n"
	gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU General Public License for more details.
`
)

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// program is a module that links package part of the module example.com/dependency.
func program(t *testing.T, dependency map[string]string) string {
	t.Helper()
	t.Setenv("GOFLAGS", "")
	root := t.TempDir()
	write(t, root, map[string]string{
		"go.mod":                          "module example.com/program\n\ngo 1.26\n\nrequire example.com/dependency v1.0.0\n\nreplace example.com/dependency => ./dependency\n",
		"main.go":                         "package main\n\nimport _ \"example.com/dependency/inner/part\"\n\nfunc main() {}\n",
		"dependency/go.mod":               "module example.com/dependency\n\ngo 1.26\n",
		"dependency/inner/part/part.go":   "package part\n",
		"dependency/inner/other/other.go": "package other\n",
	})
	write(t, filepath.Join(root, "dependency"), dependency)
	return root
}

func TestLicensesOfLinkedModules(t *testing.T) {
	root := program(t, map[string]string{
		"LICENSE":             isc,
		"LICENSE-SUMMARY":     "This is under the license.\n",
		"NOTICE.txt":          "Written by somebody.\n",
		"inner/LICENSE":       isc + "\nand a name\n",
		"inner/other/LICENSE": gpl, // this package is not linked
		"licenses.go":         "package dependency\n",
	})
	got, err := Of(root, "darwin/arm64", ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Path != "example.com/dependency" || got[1].Path != "std" {
		t.Fatalf("got %+v, expected the dependency and the standard library", got)
	}
	if !slices.Equal(got[0].Licenses, []string{"ISC"}) || !slices.Equal(got[1].Licenses, []string{"BSD-3-Clause"}) {
		t.Errorf("got the licenses %q and %q, expected ISC and BSD-3-Clause", got[0].Licenses, got[1].Licenses)
	}
	var names []string
	for _, text := range got[0].Texts {
		names = append(names, text.Name)
	}
	if expected := []string{"LICENSE", "LICENSE-SUMMARY", "NOTICE.txt", "inner/LICENSE"}; !slices.Equal(names, expected) {
		t.Errorf("got the files %q, expected %q", names, expected)
	}

	notices := Notices("the program", Merge(got, got))
	for _, expected := range []string{"example.com/dependency v1.0.0 (ISC)\nstd go", "example.com/dependency NOTICE.txt\n\nWritten by somebody.", "Copyright (c) 2026 Somebody", "The Go Authors"} {
		if strings.Count(notices, expected) == 0 {
			t.Errorf("got the notices:\n%s\nexpected %q", notices, expected)
		}
	}
	if got := strings.Count(notices, "Written by somebody."); got != 1 {
		t.Errorf("got a text %d times, expected it once", got)
	}
}

func TestLicensesOfEmbeddedFiles(t *testing.T) {
	root := program(t, map[string]string{"LICENSE": isc})
	write(t, root, map[string]string{
		"main.go":           "package main\n\nimport _ \"embed\"\n\n//go:embed page/vendor/a.mjs\nvar a string\n\n//go:embed page/own.js\nvar own string\n\nfunc main() {}\n",
		"page/own.js":       "",
		"page/vendor/a.mjs": "",
	})
	if _, err := Of(root, "linux/amd64", "."); err == nil || !strings.Contains(err.Error(), "example.com/program embeds page/vendor/a.mjs, expected its license beside it") {
		t.Errorf("got error %v, expected the file that lacks a license", err)
	}
	write(t, root, map[string]string{"page/vendor/a.LICENSE": gpl})
	if _, err := Of(root, "linux/amd64", "."); err == nil || !strings.Contains(err.Error(), "example.com/program/page/vendor: a.LICENSE: got the license GPL") {
		t.Errorf("got error %v, expected a license that is not allowed", err)
	}
	write(t, root, map[string]string{"page/vendor/a.LICENSE": isc})
	got, err := Of(root, "linux/amd64", ".")
	if err != nil || len(got) != 2 || got[0].Path != "example.com/program/page/vendor" || !slices.Equal(got[0].Licenses, []string{"ISC"}) {
		t.Errorf("got %+v and error %v, expected the folder and the standard library", got, err)
	}
	if notices := Notices("the program", got); !strings.Contains(notices, "example.com/program/page/vendor (ISC)\n") || !strings.Contains(notices, "page/vendor a.LICENSE\n\nCopyright (c) 2026 Somebody") {
		t.Errorf("got the notices:\n%s\nexpected the folder and its license", notices)
	}
}

func TestOtherLicensesAreRefused(t *testing.T) {
	for _, test := range []struct {
		name     string
		files    map[string]string
		expected string
	}{
		{"GPL", map[string]string{"COPYING": gpl}, "example.com/dependency@v1.0.0: COPYING: got the license GPL-3.0-or-later, expected one of 0BSD, Apache-2.0"},
		{"GPL beside another", map[string]string{"LICENSE": isc, "inner/part/LICENSE.md": gpl}, "inner/part/LICENSE.md: got the license GPL-3.0"},
		{"GPL in a notice", map[string]string{"LICENSE": isc, "NOTICE": "A part of it:\n" + gpl}, "NOTICE: got the license GPL-3.0"},
		{"MPL", map[string]string{"LICENSE": mpl}, "got the license MPL-2.0"},
		{"unknown", map[string]string{"LICENSE": "Do what is right. " + strings.Repeat("Be good, and share. ", 50)}, "got a text of which 0% is of known licenses"},
		{"none", nil, "example.com/dependency@v1.0.0: found no license file"},
		{"only a notice", map[string]string{"NOTICE": "Written by somebody.\n"}, "found no license file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Of(program(t, test.files), "linux/amd64", "."); err == nil || !strings.Contains(err.Error(), test.expected) {
				t.Errorf("got error %v, expected %q", err, test.expected)
			}
		})
	}
}

func TestLicensesInTheModuleCache(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("GOMODCACHE", cache)
	write(t, filepath.Join(cache, "example.com", "!some!body", "a@v1.0.0"), map[string]string{"LICENSE": isc})
	write(t, filepath.Join(cache, "example.com", "!some!body", "a@v1.0.1"), map[string]string{"LICENSE": mpl})
	write(t, filepath.Join(cache, "example.com", "!some!body", "a@v1.1.0"), map[string]string{"LICENSE": gpl})
	if got, err := Cached("example.com/SomeBody/a", "v1.0.0"); err != nil || !slices.Equal(got, []string{"ISC"}) {
		t.Errorf("got %q and error %v, expected ISC", got, err)
	}
	if got, err := Cached("example.com/SomeBody/a", "v1.0.1"); err != nil || !slices.Equal(got, []string{"MPL-2.0"}) {
		t.Errorf("got %q and error %v, expected MPL-2.0, which a module that is not linked may have", got, err)
	}
	if got, err := Cached("std", "go1.26"); err != nil || !slices.Equal(got, []string{"BSD-3-Clause"}) {
		t.Errorf("got %q and error %v, expected that of Go", got, err)
	}
	for version, expected := range map[string]string{"v1.1.0": "example.com/SomeBody/a@v1.1.0: LICENSE: got the license GPL", "v1.2.0": "no such file"} {
		if _, err := Cached("example.com/SomeBody/a", version); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got error %v, expected %q", err, expected)
		}
	}
}

func TestLicensesOfNpmPackages(t *testing.T) {
	lock := func(licenses string) []byte {
		return []byte(`{"lockfileVersion": 3, "packages": {"": {"name": "mapjob"}, "node_modules/a": {"license": "MIT"}, "node_modules/b": {` + licenses + `}}}`)
	}
	for license, allowed := range map[string]bool{
		`"license": "MIT"`: true, `"license": "(GPL-3.0-only OR MIT)"`: true, `"license": "Apache-2.0"`: true, `"license": "MPL-2.0"`: true,
		`"license": "GPL-3.0-only"`: false, `"license": "(MIT AND GPL-3.0-only)"`: false, `"license": "SEE LICENSE IN LICENSE"`: false, ``: false,
	} {
		counts, err := OfNpm(lock(license))
		if (err == nil) != allowed {
			t.Errorf("%s: got error %v, expected that allowed is %v", license, err, allowed)
		}
		if err != nil && !strings.Contains(err.Error(), "node_modules/b: got the license") {
			t.Errorf("%s: got error %v, expected the package", license, err)
		}
		if allowed && counts["MIT"] == 0 {
			t.Errorf("%s: got %v, expected the license of package a", license, counts)
		}
	}
	for _, bad := range []string{``, `{}`, `{"lockfileVersion": 1, "dependencies": {}}`} {
		if _, err := OfNpm([]byte(bad)); err == nil {
			t.Errorf("got no error for %q, expected that a lock without packages is refused", bad)
		}
	}
}
