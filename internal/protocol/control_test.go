package protocol_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
)

func TestControlMember(t *testing.T) {
	for name, c := range map[string]struct{ input, expected string }{
		"a rerun":                      {`{"mapjobRerun": {"count": 1}}`, "mapjobRerun"},
		"beside other members":         {`{"items": [], "mapjobRerun": null}`, "mapjobRerun"},
		"one that is not known yet":    {`{"mapjobTolerance": 100}`, "mapjobTolerance"},
		"the prefix alone":             {`{"mapjob": 1}`, "mapjob"},
		"in another case":              {`{"MapJobRerun": 1}`, "MapJobRerun"},
		"escaped":                      {`{"\u006dapjobRerun": 1}`, "mapjobRerun"},
		"twice":                        {`{"mapjobRerun": 1, "mapjobRerun": 2}`, "mapjobRerun"},
		"after white space":            {" \r\n\t{\"mapjobRerun\": 1}", "mapjobRerun"},
		"the first by name":            {`{"mapjobB": 1, "x": 1, "mapjobA": 2}`, "mapjobA"},
		"further down":                 {`{"detail": {"mapjobRerun": 1}}`, ""},
		"in a list":                    {`[{"mapjobRerun": 1}]`, ""},
		"a part of the prefix":         {`{"mapjo": 1, "map": 2}`, ""},
		"a letter that looks alike":    {`{"mаpjobRerun": 1}`, ""}, // a Cyrillic а
		"a character in two bytes":     {`{"mapjoé": 1}`, ""},
		"after another word":           {`{"myMapjobRerun": 1}`, ""},
		"a string":                     {`"mapjobRerun"`, ""},
		"an empty object":              {`{}`, ""},
		"nothing":                      {``, ""},
		"what is not JSON":             {`{"mapjobRerun": `, ""},
		"a value, not a member's name": {`{"name": "mapjobRerun"}`, ""},
	} {
		if got := protocol.ControlMember([]byte(c.input)); got != c.expected {
			t.Errorf("%s: got %q, expected %q", name, got, c.expected)
		}
	}
}
