package page

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The files of npm, by vendor/vendor.sh.
var vendored = map[string]string{
	"vendor/preact.mjs":     "bdcbd9abdf2c77c5c45326eab42191e949222d479d0d5f69467387a77040cb55",
	"vendor/preact.LICENSE": "1fe6958409c8c257a70c587a18b6f7f412b179b456630790d30b2ec9a8e4b7d4",
	"vendor/htm.mjs":        "ab33dd3f38059b9be4d5f5350128eefb2356639c4e0bbe9d9e8b3ba75847e9e4",
	"vendor/htm.LICENSE":    "740725f7252e750af735d0028cc534970772f513331e9f68150fede8fb3ce00f",
}

func TestLibrariesAreThoseOfTheirPackages(t *testing.T) {
	for name, expected := range vendored {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != expected {
			t.Errorf("%s: got SHA-256 %x, expected %s: it is not the file that npm has published", name, sum, expected)
		}
	}
}

var (
	inline    = regexp.MustCompile(`(?i)<style|<script[^>]*>[^<]|\son[a-z]+\s*=|\sstyle\s*=|javascript:`)
	elsewhere = regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]`)
	imported  = regexp.MustCompile(`(?m)^(?:import|export) .*from '([^']+)'`)
	markup    = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function`)
)

// The policy of the page allows nothing in line and nothing of another address.
func TestThePageLoadsItsOwnFilesOnly(t *testing.T) {
	index, err := Files.ReadFile("index.html")
	if err != nil {
		t.Fatal(err)
	}
	if found := inline.FindAllString(string(index), -1); len(found) > 0 {
		t.Errorf("index.html: got %q, expected nothing in line", found)
	}
	if found := elsewhere.FindAllString(string(index), -1); len(found) > 0 {
		t.Errorf("index.html: got %q, expected own files only", found)
	}
	modules := 0
	if err := fs.WalkDir(Files, "js", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := Files.ReadFile(path)
		if err != nil {
			return err
		}
		modules++
		if found := markup.FindAllString(string(text), -1); len(found) > 0 {
			t.Errorf("%s: got %q, expected texts only: an item may have markup", path, found)
		}
		for _, match := range imported.FindAllStringSubmatch(string(text), -1) {
			name := strings.TrimPrefix(match[1], "../")
			if name == match[1] {
				name = "js/" + strings.TrimPrefix(match[1], "./")
			}
			if _, err := Files.Open(name); err != nil {
				t.Errorf("%s: got an import of %s, expected a file of the page: %v", path, match[1], err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if modules < 8 {
		t.Errorf("got %d modules, expected one for each view and more", modules)
	}
}
