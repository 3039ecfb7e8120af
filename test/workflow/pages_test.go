package workflow

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// With -site, pages.yml builds the site.
var site = flag.Bool("site", false, "build the site")

// address matches an address of a page or file on the same server.
var address = regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)

func TestThePages(t *testing.T) {
	if !*site {
		t.Skip("make test-site builds the site")
	}
	var uploaded string
	there := func(Step) error { return nil }
	log, err := Runner{root, []string{"GITHUB_ACTIONS=true"}, nil, map[string]func(Step) error{
		"actions/checkout": there, "actions/setup-node": there,
		"actions/upload-pages-artifact": func(s Step) error {
			uploaded = filepath.Join(root, fmt.Sprint(s.With["path"]))
			return nil
		},
	}}.Run(t.Context(), read(t, "pages.yml").Jobs["build"])
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	pages, addresses := 0, 0
	err = filepath.WalkDir(uploaded, func(path string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() {
			return err
		}
		if !file.Type().IsRegular() || strings.HasPrefix(file.Name(), ".") {
			t.Errorf("got %s, expected a file that is no link and not hidden: others are not published", path)
		}
		if filepath.Ext(path) != ".html" {
			return nil
		}
		pages++
		text, err := os.ReadFile(path)
		for _, found := range address.FindAllStringSubmatch(string(text), -1) {
			addresses++
			if !strings.HasPrefix(found[1], "/mapjob/") {
				t.Errorf("%s: got the address %s, expected it below /mapjob/, where the site is served", path, found[1])
			}
		}
		return err
	})
	if _, missing := os.Stat(filepath.Join(uploaded, "index.html")); err != nil || missing != nil || pages < 20 || addresses < 20*pages {
		t.Errorf("got %d pages with %d addresses, index.html with error %v, and error %v, expected the pages of docs", pages, addresses, missing, err)
	}
}
