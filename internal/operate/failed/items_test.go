package failed_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
)

// store holds objects by key.
type store map[string]string

func (s store) Open(_ context.Context, at protocol.Object) (io.ReadCloser, error) {
	text, ok := s[at.Key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", at.Key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (s store) OpenAt(_ context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	text, ok := s[at.Key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", at.Key, fs.ErrNotExist)
	}
	return io.NopCloser(strings.NewReader(text[min(bytes, int64(len(text))):])), nil
}

var folder = &protocol.Folder{Bucket: "b", Prefix: "p"}

// objects returns a store with failed items, their errors, and no report.
func objects(items, errors string) store {
	at := folder.File(protocol.FailuresFile)
	return store{at.Key: items, protocol.ErrorsOf(at).Key: errors}
}

const threeErrors = `{"index":1,"error":"Refused"}
{"index":4,"error":"Lost"}
{"index":7,"error":"Refused"}
`

func TestItemsAreCountedByError(t *testing.T) {
	t.Parallel()
	s := objects("10\n40\n70\n", threeErrors)
	for name, c := range map[string]struct {
		only     []string
		expected failed.Items
		indexes  []int
	}{
		"all": {nil, failed.Items{Count: 3, Unknown: 2, Errors: []failed.ErrorCount{
			{Error: "Refused", Count: 2, Percent: 200. / 3}, {Error: "Lost", Count: 1, Percent: 100. / 3}}}, []int{1, 4, 7}},
		"one": {[]string{"Lost"}, failed.Items{Count: 1, Errors: []failed.ErrorCount{{Error: "Lost", Count: 1, Percent: 100. / 3}}}, []int{4}},
	} {
		f, err := failed.Count(t.Context(), s, "arn", folder, 5, failed.Filter{Errors: c.only})
		if err != nil {
			t.Fatal(err)
		}
		c.expected.Execution = "arn"
		for i := range c.expected.Errors {
			c.expected.Errors[i].NoTimes = "the execution has no report.json"
		}
		if diff := cmp.Diff(&c.expected, f, cmpopts.IgnoreUnexported(failed.Items{}), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("%s (-expected +got):\n%s", name, diff)
		}
		var indexes []int
		for item, err := range f.All(t.Context()) {
			if err != nil || string(item.Item) != strconv.Itoa(item.Index*10) {
				t.Errorf("%s: got the item %s and %v, expected that of index %d", name, item.Item, err, item.Index)
			}
			indexes = append(indexes, item.Index)
		}
		if diff := cmp.Diff(c.indexes, indexes); diff != "" {
			t.Errorf("%s: indexes (-expected +got):\n%s", name, diff)
		}
	}
}

func TestASearchFindsItemsByTheirText(t *testing.T) {
	t.Parallel()
	s := objects("{\"order\":\"A-1\"}\n{\"order\":\"B-2\"}\n{\"order\":\"a-3\"}\n", threeErrors)
	begin := failed.Place{}
	for name, c := range map[string]struct {
		filter  failed.Filter
		after   failed.Place
		indexes []int
		errors  int
	}{
		"in both cases":  {failed.Filter{Search: "a-"}, begin, []int{1, 7}, 1},
		"after a line":   {failed.Filter{Search: "a-"}, failed.Place{Lines: 1, Items: 16, Errors: 30}, []int{7}, 1},
		"of an error":    {failed.Filter{Search: "-", Errors: []string{"Lost"}}, begin, []int{4}, 1},
		"every item":     {failed.Filter{Search: "order"}, begin, []int{1, 4, 7}, 2},
		"nothing":        {failed.Filter{Search: "C-"}, begin, nil, 0},
		"after the last": {failed.Filter{}, failed.Place{Lines: 3, Items: 48, Errors: 87}, nil, 2},
	} {
		f, err := failed.Count(t.Context(), s, "arn", folder, 3, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var indexes []int
		if err := f.Scan(t.Context(), c.after, func(_ failed.Place, item *failed.Item) bool {
			if item != nil {
				indexes = append(indexes, item.Index)
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.indexes, indexes); diff != "" || c.after == begin && f.Count != len(indexes) || len(f.Errors) != c.errors {
			t.Errorf("%s: got %d items of %d errors, indexes (-expected +got):\n%s", name, f.Count, len(f.Errors), diff)
		}
	}
}

func TestASearchHasNoExampleOfOtherItems(t *testing.T) {
	t.Parallel()
	s := objects("{\"order\":\"A-1\"}\n{\"order\":\"B-2\"}\n{\"order\":\"a-3\"}\n", threeErrors)
	s[folder.File(protocol.ReportJSON).Key] = `{"errors": [{"name": "Refused", "count": 2, "example": "order A-1", "first": "2026-03-14T02:00:00Z", "last": "2026-03-14T02:00:00Z"}]}`
	for search, expected := range map[string]string{"": "order A-1", "a-3": ""} {
		f, err := failed.Count(t.Context(), s, "arn", folder, 3, failed.Filter{Search: search, Errors: []string{"Refused"}})
		if err != nil {
			t.Fatal(err)
		}
		if e := f.Errors[0]; e.Example != expected || (e.First == nil) != (expected == "") || (e.NoTimes == "") != (expected != "") {
			t.Errorf("search %q: got %+v, expected the example %q", search, e, expected)
		}
	}
}

func TestAnErrorThatNoItemHasIsRefused(t *testing.T) {
	t.Parallel()
	_, err := failed.Count(t.Context(), objects("1\n2\n3\n", threeErrors), "arn", folder, 3, failed.Filter{Errors: []string{"Lose"}})
	if err == nil || err.Error() != "--error Lose: no item failed with it, expected one of: Lost, Refused" {
		t.Errorf("got %v, expected an error with the names", err)
	}
	_, err = failed.Count(t.Context(), store{}, "arn", folder, 0, failed.Filter{Errors: []string{"Lost"}})
	if err == nil || err.Error() != "--error Lost: no item of the execution failed" {
		t.Errorf("got %v, expected that no item failed", err)
	}
}

func TestErrorAt(t *testing.T) {
	t.Parallel()
	s, at := objects("", threeErrors), folder.File(protocol.FailuresFile)
	for number, expected := range map[int]int{0: 1, 1: 4, 2: 7} {
		if found, err := failed.ErrorAt(t.Context(), s, at, number); err != nil || found == nil || found.Index != expected {
			t.Errorf("%d: got %v and %v, expected the item of index %d", number, found, err, expected)
		}
	}
	if found, err := failed.ErrorAt(t.Context(), s, at, 3); found != nil || err != nil {
		t.Errorf("got %v and %v for an item that does not exist, expected nothing", found, err)
	}
	if found, err := failed.ErrorAt(t.Context(), store{}, at, 0); found != nil || err != nil {
		t.Errorf("got %v and %v without stored errors, expected nothing", found, err)
	}
}
