package docs

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/docs/page"
)

// hosts are those that pages may link to. Some links name the project itself.
var hosts = []string{
	"aws.amazon.com", "docs.aws.amazon.com", "docs.temporal.io", "github.com", "go.dev", "jsonata.org", "keepachangelog.com", "nodejs.org",
	"pkg.go.dev", "semver.org", "states-language.net", "temporal.io", "www.standardwebhooks.com",
}

// problemsOf returns what is wrong with a link of a page.
func problemsOf(all map[string]*page.Page, p *page.Page, link page.Link) error {
	address, err := url.Parse(link.To)
	if err != nil {
		return err
	}
	if link.Image && strings.TrimSpace(link.Text) == "" {
		return fmt.Errorf("the image %s has no alternative text", link.To)
	}
	if address.Scheme != "" || address.Host != "" {
		return problemsOfExternal(address)
	}
	target := p.Path
	if address.Path != "" {
		target = path.Join(path.Dir(p.Path), address.Path)
	}
	if strings.HasPrefix(target, "../") || strings.HasPrefix(address.Path, "/") {
		return fmt.Errorf("got a link to %s, expected a file of the project, relative to the page", link.To)
	}
	to := all[target]
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil && to == nil {
		return fmt.Errorf("got a link to %s, expected a file that exists", link.To)
	}
	if address.Fragment == "" {
		return nil
	}
	if to == nil {
		return fmt.Errorf("got a link to %s, expected an anchor of a page", link.To)
	}
	if !to.Has(address.Fragment) {
		return fmt.Errorf("got a link to %s, expected one of the anchors %s", link.To, anchors(to))
	}
	return nil
}

func problemsOfExternal(address *url.URL) error {
	if address.Scheme == "mailto" {
		return nil
	}
	if address.Scheme != "https" {
		return fmt.Errorf("got a link to %s, expected https", address)
	}
	if slices.Contains(hosts, address.Host) {
		return nil
	}
	return fmt.Errorf("got a link to the host %s, expected one of %s", address.Host, strings.Join(hosts, ", "))
}

func anchors(p *page.Page) string {
	var list []string
	for _, h := range p.Headings {
		list = append(list, "#"+h.Anchor)
	}
	return strings.Join(list, " ")
}

func TestLinksLeadSomewhere(t *testing.T) {
	all, count := pages(t), 0
	for _, p := range all {
		for _, link := range p.Links {
			count++
			if err := problemsOf(all, p, link); err != nil {
				t.Errorf("%s: %v", p.At(link.Line), err)
			}
		}
	}
	if count < 100 {
		t.Errorf("got %d links, expected those of all pages", count)
	}
}

// What is wrong with a link is found.
func TestWrongLinksAreFound(t *testing.T) {
	all := map[string]*page.Page{
		"docs/a.md": page.Parse("docs/a.md", []byte("# A\n\n## B c\n")),
		"docs/b.md": page.Parse("docs/b.md", []byte("# B\n")),
	}
	for to, good := range map[string]bool{
		"architecture.md": true, "../README.md": true, "../examples": true, "#b-c": true, "a.md#b-c": true, "https://go.dev/x#y": true,
		"b.md#b-c": false, "none.md": false, "#b-d": false, "../../x.md": false, "/docs/a.md": false, "http://go.dev/": false,
		"https://unknown.example/": false, "../app.go#L3": false, "javascript:alert(1)": false,
	} {
		if err := problemsOf(all, all["docs/a.md"], page.Link{To: to}); (err == nil) != good {
			t.Errorf("got %v for %s, expected a good link: %t", err, to, good)
		}
	}
	if problemsOf(all, all["docs/a.md"], page.Link{To: "job.svg", Image: true}) == nil {
		t.Error("got no error for an image without an alternative text")
	}
}

// A reader gets from README.md or docs/README.md to every page of docs, by links.
func TestPagesAreReached(t *testing.T) {
	all := pages(t)
	begin := []string{"README.md", "docs/README.md"}
	reached := map[string]bool{begin[0]: true, begin[1]: true}
	for next := begin; len(next) > 0; next = next[1:] {
		for _, link := range all[next[0]].Links {
			file, _, _ := strings.Cut(link.To, "#")
			to := path.Join(path.Dir(next[0]), file)
			if all[to] != nil && !reached[to] {
				reached[to] = true
				next = append(next, to)
			}
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "docs/") && !reached[name] {
			t.Errorf("%s: got no way to it by links from README.md or docs/README.md", name)
		}
	}
}

// Each page has one title, and no level of headings is skipped.
func TestHeadings(t *testing.T) {
	for _, p := range pages(t) {
		if strings.HasPrefix(p.Path, ".github/") {
			continue // forms of issues have a title of their own
		}
		level := 0
		for i, h := range p.Headings {
			if i == 0 != (h.Level == 1) {
				t.Errorf("%s: got a heading of level %d, expected one title at the beginning", p.At(h.Line), h.Level)
			}
			if h.Level > level+1 {
				t.Errorf("%s: got a heading of level %d below one of level %d", p.At(h.Line), h.Level, level)
			}
			level = h.Level
		}
		if level == 0 {
			t.Errorf("%s: got no title", p.Path)
		}
	}
}
