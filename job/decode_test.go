package job_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/mapjob/mapjob/job"
)

type base struct{ Kind string }

type rules struct {
	base
	ID       string `json:"id"`
	Quoted   int    `json:"quoted,string"`
	Number   json.Number
	Raw      json.RawMessage
	Bytes    []byte
	At       time.Time
	Any      any
	Map      map[int]string
	Three    [3]int
	Pointer  *string
	Big      *big.Int
	Duration time.Duration
	Hidden   string `json:"-"`
}

// The faster decoder follows the rules of encoding/json. The one known exception
// is a json.Number for which the item has a string that is no number: it is
// accepted.
func TestItemsAreDecodedByTheRulesOfEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"id": "a", "kind": "b", "quoted": "7", "number": 1.50, "raw": {"b": 1, "a": [ 2 ]}, "bytes": "aGVsbG8=", "at": "2026-11-01T02:00:00Z"}`,
		`{"ID": "upper", "iD": "last", "KIND": "k", "Hidden": "h", "private": "p", "unknown": {"x": [1, {"y": null}]}}`,
		`{"any": [1, 2.5, "x", null, true, {"n": 12345678901234567890}], "map": {"1": "a", "-2": "b"}, "three": [1, 2, 3, 4], "big": 123456789012345678901234567890}`,
		`{"three": [1], "pointer": null, "duration": 1000000000, "any": {"a": 1, "a": 2}}`,
		`{"id": "\ud800 and \u0000 and \u00e9", "pointer": ""}`,
		"{\"id\": \"\xff\"}",
		`null`,
		`{}`,
		`{"number": "12"}`,
		`{"quoted": 7}`,
		`{"at": "yesterday"}`,
		`{"three": {}}`,
		`{"id": 1}`,
		`[]`,
		`"text"`,
	} {
		var expected rules
		refused := json.Unmarshal([]byte(text), &expected)
		var got rules
		answer, err := work(func(_ context.Context, item rules) (string, error) { got = item; return "", nil }).
			Invoke(context.Background(), []byte(`{"BatchInput": {}, "Items": [{"index": 1, "item": `+text+`}]}`))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var outcomes []job.Outcome
		if err := json.Unmarshal(answer, &outcomes); err != nil || len(outcomes) != 1 {
			t.Fatalf("%s: got %s, %v, expected an outcome", text, answer, err)
		}
		if failed := outcomes[0].Status == job.Failed; failed != (refused != nil) {
			t.Errorf("%s: got %s, and from encoding/json %v", text, answer, refused)
		}
		if refused == nil && fmt.Sprintf("%#v", plain(got)) != fmt.Sprintf("%#v", plain(expected)) {
			t.Errorf("%s:\ngot      %#v\nexpected %#v, as encoding/json has it", text, plain(got), plain(expected))
		}
	}
}

// plain replaces the pointers, whose addresses would differ.
func plain(r rules) any {
	text := "nil"
	if r.Pointer != nil {
		text = *r.Pointer
	}
	number := fmt.Sprint(r.Big)
	r.Pointer, r.Big = nil, nil
	return []any{r, text, number}
}
