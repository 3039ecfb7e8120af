// Package keypath gives the key of an object the path of a file, and a file in the
// folder of a bucket its key. Every key has a path of its own, which shows the key as far
// as files can: invoices/2026/1.json is invoices/2026/1.json.
//
//   - A % stands for what no file name can have or mean: %XX is a byte.
//   - a and a/b may both be keys, but not both a file and a folder: names of files
//     have a dot and names of folders don't, or they end with %. So the object a
//     is the file a%, and a/b the file b% in the folder a.
//   - An empty name, between two slashes, is the folder %%.
//   - If the file system takes some different names for the same one, as that of
//     macOS does, an upper-case letter has a ^ before it, and %XX stands for other
//     letters than those of ASCII.
//   - A key whose path would be too long is the file %long/SHA256, and its record
//     has the key.
//
// A file that a user puts into the folder is an object, too: a name that does not
// follow these rules stands for itself.
package keypath

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Naming makes names for a file system.
type Naming struct {
	Folds bool // the file system takes some different names for the same one
}

// NamingIn returns the Naming for the file system of a folder, in which it makes a file
// and removes it.
func NamingIn(folder string) (n Naming, err error) {
	probe := filepath.Join(folder, "caf\u00e9")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return n, err
	}
	for _, other := range []string{"CAF\u00c9", "Caf\u00e9", "cafe\u0301"} {
		_, err := os.Lstat(filepath.Join(folder, other))
		n.Folds = n.Folds || err == nil
	}
	return n, os.Remove(probe)
}

// MaxName is the length of the longest name that all common file systems take, in
// bytes.
const MaxName = 255

// maxPath is the length of the longest path, in bytes: macOS takes 1,024 with the
// folder of the run.
const maxPath = 600

// LongFolder has the files of keys whose paths would be too long.
const LongFolder = "%long"

// Path returns the path of a key, with slashes.
func (n Naming) Path(key string) string {
	names := strings.Split(key, "/")
	length := len(names)
	for i, name := range names {
		names[i] = n.name(name, i < len(names)-1)
		if length += len(names[i]); len(names[i]) > MaxName || length > maxPath {
			return LongFolder + "/" + Hash(key)
		}
	}
	return strings.Join(names, "/")
}

// Hash returns the name of a long key's file, and of any key's record.
func Hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// name returns the name of the file or folder for a part of a key between
// slashes.
func (n Naming) name(part string, folder bool) string {
	if part == "" && folder {
		return "%%"
	}
	marked := folder == strings.Contains(part, ".")
	if !marked && n.plain(part) {
		return part
	}
	var b strings.Builder
	for at := 0; at < len(part); {
		c, size := utf8.DecodeRuneInString(part[at:])
		switch {
		case size == 1 && n.escapes(part, c):
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{part[at]})))
		case size > 1 && n.Folds:
			for _, c := range []byte(part[at : at+size]) {
				b.WriteByte('%')
				b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
			}
		case n.Folds && 'A' <= c && c <= 'Z':
			b.WriteByte('^')
			b.WriteRune(c)
		default:
			b.WriteString(part[at : at+size])
		}
		at += size
	}
	if marked {
		b.WriteByte('%')
	}
	return b.String()
}

// plain reports whether no byte of a part is written in another way.
func (n Naming) plain(part string) bool {
	for _, c := range part {
		if n.escapes(part, c) || n.Folds && (c >= utf8.RuneSelf || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}

// escapes reports whether a character of one byte is written as %XX.
func (n Naming) escapes(part string, c rune) bool {
	return c < ' ' || c == 0x7f || c == '%' || c == '^' || c == '\\' || c == utf8.RuneError || part == "." || part == ".."
}

// Part returns the part of a key that a file or folder with a name stands for.
func (n Naming) Part(name string, folder bool) string {
	if folder && name == "%%" {
		return ""
	}
	text := strings.TrimSuffix(name, "%")
	var b strings.Builder
	for at := 0; at < len(text); at++ {
		switch {
		case text[at] == '%' && at+2 < len(text):
			c, err := hex.DecodeString(text[at+1 : at+3])
			if err != nil {
				return name
			}
			b.WriteByte(c[0])
			at += 2
		case text[at] == '^' && n.Folds:
		default:
			b.WriteByte(text[at])
		}
	}
	if part := b.String(); n.name(part, folder) == name {
		return part
	}
	return name
}

// Names returns the names that a file or folder for a part of a key may have: its
// own, and the part itself if a user has made the file or folder.
func (n Naming) Names(part string, folder bool) []string {
	var names []string
	if own := n.name(part, folder); len(own) <= MaxName {
		names = append(names, own)
	}
	if part != "" && part != "." && part != ".." && !strings.ContainsAny(part, "/\\\x00") && len(part) <= MaxName && !slices.Contains(names, part) && n.Part(part, folder) == part {
		names = append(names, part)
	}
	return names
}
