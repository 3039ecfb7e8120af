package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// ReadInput returns the JSON of --input, which is the JSON itself or the name of
// a file.
func ReadInput(given string) ([]byte, error) {
	text := []byte(given)
	source := "--input"
	if !json.Valid(text) {
		file, err := os.ReadFile(given)
		if err != nil && strings.ContainsAny(given[:min(1, len(given))], `{["`) { // it looks like JSON
			_, broken := value.Parse(text)
			return nil, fmt.Errorf("--input: got text that is not JSON (%w), expected a JSON document: %s", broken, given)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("--input: got %q, expected JSON or the name of a file", given)
		}
		if err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		text, source = file, given
	}
	if !json.Valid(text) {
		_, err := value.Parse(text)
		return nil, fmt.Errorf("%s: got text that is not JSON (%w), expected a JSON document", source, err)
	}
	return text, nil
}
