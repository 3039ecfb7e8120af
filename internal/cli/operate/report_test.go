package operate

import (
	"strings"
	"testing"
)

func TestAReportAsJSONIsOneDocument(t *testing.T) {
	for text, isDocument := range map[string]bool{`{"job": "J"}` + "\n": true, "": false, "<html>": false, `{"job": "J"}{}`: false, `{"job"`: false} {
		var out strings.Builder
		err := document(strings.NewReader(text), &out)
		if isDocument && (err != nil || out.String() != text) {
			t.Errorf("%q: got %q and %v", text, out.String(), err)
		}
		if !isDocument && (err == nil || out.Len() > 0) {
			t.Errorf("%q: got %q and %v, expected an error and no answer", text, out.String(), err)
		}
	}
}
