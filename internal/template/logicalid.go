package template

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// The CDK derives the logical ID of a resource from the path of its construct
// (aws-cdk-lib, core/lib/private/uniqueid.ts): a readable part, and a hash of the
// path.
const (
	hashLength  = 8
	maxReadable = 240
)

// resourceTails are the constructs that a user does not name, below one that the
// user names.
var resourceTails = [][]string{nil, {"Resource"}, {"Function", "Resource"}, {"StateMachine", "Resource"}, {"Function"}, {"StateMachine"}}

// logicalID returns the logical ID of the construct with a path below its stack.
func logicalID(path []string) string {
	path = slices.DeleteFunc(slices.Clone(path), func(part string) bool { return part == "Default" || part == "" })
	if len(path) == 0 {
		return ""
	}
	if len(path) == 1 {
		return alphanumeric(path[0])
	}
	var readable strings.Builder
	last := ""
	for _, part := range path {
		if last == "" || !strings.HasSuffix(last, part) {
			if last = part; part != "Resource" {
				readable.WriteString(alphanumeric(part))
			}
		}
	}
	hash := md5.Sum([]byte(strings.Join(path, "/")))
	text := readable.String()
	return text[:min(len(text), maxReadable)] + strings.ToUpper(hex.EncodeToString(hash[:]))[:hashLength]
}

func alphanumeric(text string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, text)
}

// isID reports whether a logical ID is that of the construct with a path, which may
// begin with the name of the stack.
func isID(id, path string) bool {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '.' })
	for from := range min(len(parts), 2) {
		for _, tail := range resourceTails {
			if logicalID(slices.Concat(parts[from:], tail)) == id {
				return true
			}
		}
	}
	return false
}

// maxParts limits the search for a path, which tries all ways to divide the
// readable part of a logical ID at its capital letters.
const maxParts = 10

// pathOf returns a path whose logical ID is id, below its stack; "" if none is
// found.
func pathOf(id string) string {
	if len(id) <= hashLength {
		return ""
	}
	readable := id[:len(id)-hashLength]
	var at []int // where a part may begin
	for i, r := range readable {
		if i > 0 && unicode.IsUpper(r) {
			at = append(at, i)
		}
	}
	if len(at) > maxParts {
		return ""
	}
	for chosen := range 1 << len(at) {
		var parts []string
		from := 0
		for i, to := range at {
			if chosen&(1<<i) != 0 {
				parts, from = append(parts, readable[from:to]), to
			}
		}
		parts = append(parts, readable[from:])
		for _, tail := range resourceTails[:2] { // the others are among the divisions
			if path := slices.Concat(parts, tail); logicalID(path) == id {
				return strings.Join(path, "/")
			}
		}
	}
	return ""
}
