package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// Page is the folder of the libraries of npm that the console's page embeds, in a
// checkout. Its README.md lists them.
const Page = "internal/console/page/vendor"

// row is a library in the table of the folder's README.md: file, name, version, license.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| \\[([^\\]]+)\\]\\([^)]*\\) (\\S+) \\| ([^ ,|]+)[^|]*\\|$")

// vendored describes the libraries of npm in a folder, as components.
func vendored(folder string) ([]any, error) {
	table, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	var list []any
	for _, cells := range row.FindAllStringSubmatch(string(table), -1) {
		file, name, version, license := cells[1], cells[2], cells[3], cells[4]
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		purl := "pkg:npm/" + name + "@" + version
		listed[file] = true
		list = append(list, map[string]any{
			"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl, "scope": "required",
			// The hash is that of the file, not of the package.
			"components": []any{map[string]any{
				"type": "file", "name": file, "hashes": []any{map[string]any{"alg": "SHA-256", "content": hex.EncodeToString(sum[:])}},
			}},
			"licenses": licensesOf(license),
		})
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.mjs"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		if !listed[filepath.Base(path)] {
			return nil, fmt.Errorf("%s is not in the table of README.md, expected its package, version and license", path)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has no libraries", folder)
	}
	return list, nil
}

func licensesOf(ids ...string) []any {
	var list []any
	for _, id := range ids {
		list = append(list, map[string]any{"license": map[string]any{"id": id, "acknowledgement": "concluded"}})
	}
	return list
}

// embed adds what a binary embeds to its document.
func embed(document []byte, parts []any) ([]byte, error) {
	var content map[string]any
	if err := json.Unmarshal(document, &content); err != nil {
		return nil, err
	}
	components, ok := content["components"].([]any)
	if !ok {
		return nil, errors.New("got no components")
	}
	content["components"] = append(components, parts...)
	with, err := json.MarshalIndent(content, "", "  ")
	return append(with, '\n'), err
}
