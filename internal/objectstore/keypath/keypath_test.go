package keypath

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// folded is what a file system makes of a name that takes names for the same one
// if they differ in case or in Unicode form.
func folded(name string) string { return norm.NFD.String(strings.ToLower(norm.NFKC.String(name))) }

func TestKeysHavePathsOfTheirOwnInEveryFileSystem(t *testing.T) {
	// Pieces that names are made of, rather than characters: only some matter.
	piece := rapid.SampledFrom([]string{"/", "/", ".", "..", "a", "A", "b", "%", "%%", "^", "^A", "%41", "%2E", "%long", "\\", "\x00", "\x1f", "\x7f", "\xff",
		"\u00e9", "e\u0301", "\u00c9", "\u212b", "\u00c5", "\u017f", "s", "\u0130", "\u0131", "i", "\u1e9e", "ss", " ", strings.Repeat("x", 120)})
	key := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 1, 9).Draw(t, "pieces"), "")
	})
	type kind struct{ key, path string }
	for _, n := range []Naming{{Folds: false}, {Folds: true}} {
		rapid.Check(t, func(t *rapid.T) {
			files, folders := map[string]kind{}, map[string]kind{} // what is at a path
			for _, key := range rapid.SliceOfN(key, 1, 12).Draw(t, "keys") {
				p := n.Path(key)
				same := p
				if n.Folds {
					same = folded(p)
				}
				if other, ok := files[same]; ok && other.key != key {
					t.Fatalf("%q and %q: got the paths %q and %q, expected different ones", key, other.key, p, other.path)
				}
				files[same] = kind{key, p}
				for dir := path.Dir(same); dir != "."; dir = path.Dir(dir) {
					folders[dir] = kind{key, p}
				}
				names := strings.Split(p, "/")
				for i, name := range names {
					folder := i < len(names)-1
					if name == "" || name == "." || name == ".." || len(name) > MaxName || strings.ContainsAny(name, "\\\x00") || !utf8.ValidString(name) {
						t.Fatalf("%q: got the path %q, expected names that are files everywhere", key, p)
					}
					if names[0] != LongFolder && n.Part(name, folder) != strings.Split(key, "/")[i] {
						t.Fatalf("%q: got %q for the name %q of its path, expected its part of the key", key, n.Part(name, folder), name)
					}
				}
				if len(p) > maxPath {
					t.Fatalf("%q: got a path of %d bytes, expected %d at most", key, len(p), maxPath)
				}
				for i, part := range strings.Split(key, "/") {
					folder := i < strings.Count(key, "/")
					for _, name := range n.Names(part, folder) {
						if n.Part(name, folder) != part {
							t.Fatalf("%q: got the name %q for the part %q, which stands for %q", key, name, part, n.Part(name, folder))
						}
					}
				}
			}
			for at, file := range files {
				if folder, ok := folders[at]; ok {
					t.Fatalf("%q and %q: got the paths %q and %q, expected none to be the folder of the other", file.key, folder.key, file.path, folder.path)
				}
			}
		})
	}
}
