package failed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/protocol"
)

// counting is a store that counts the bytes that are read.
type counting struct {
	store
	read int
}

func (c *counting) Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error) {
	return c.count(c.store.Open(ctx, at))
}

func (c *counting) OpenAt(ctx context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error) {
	return c.count(c.store.OpenAt(ctx, at, bytes))
}

func (c *counting) count(object io.ReadCloser, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, err
	}
	return io.NopCloser(io.TeeReader(object, c)), nil
}

func (c *counting) Write(p []byte) (int, error) {
	c.read += len(p)
	return len(p), nil
}

func TestThePageAtTheEndReadsNoMoreThanTheFirst(t *testing.T) {
	t.Parallel()
	const items, page = 200_000, 100
	var lines, names strings.Builder
	for i := range items {
		fmt.Fprintf(&lines, "{\"order\": \"A-%d\"}\n\n", i) // a blank line is no item
		fmt.Fprintf(&names, "{\"index\":%d,\"error\":\"Refused\"}\n", 3*i)
	}
	s := &counting{store: objects(lines.String(), names.String())}
	f := failed.Of(s, "arn", folder, failed.Filter{})
	places := map[int]failed.Place{}
	if err := f.Scan(t.Context(), failed.Place{}, func(place failed.Place, _ *failed.Item) bool {
		places[place.Lines] = place
		return true
	}); err != nil || len(places) != items {
		t.Fatalf("got %d places and %v, expected %d", len(places), err, items)
	}
	for _, from := range []int{0, 1, items / 2, items - page, items - 1, items} {
		s.read = 0
		n := from
		if err := f.Scan(t.Context(), places[from], func(place failed.Place, item *failed.Item) bool {
			if item.Index != 3*n || string(item.Item) != fmt.Sprintf(`{"order": "A-%d"}`, n) || place != places[n+1] {
				t.Fatalf("after %d: got item %d, %s and %+v, expected item %d", from, item.Index, item.Item, place, 3*n)
			}
			n++
			return n < from+page
		}); err != nil || n != min(from+page, items) {
			t.Errorf("after %d: got %d items and %v", from, n-from, err)
		}
		if most := 4 << 16; s.read > most { // a buffer of each object, filled once or twice
			t.Errorf("after %d: got %d bytes read, expected at most %d", from, s.read, most)
		}
	}
}

func TestAPlaceHasToBeginALine(t *testing.T) {
	t.Parallel()
	f := failed.Of(objects("10\n40\n70\n", threeErrors), "arn", folder, failed.Filter{})
	for name, place := range map[string]failed.Place{
		"in an item":           {Lines: 1, Items: 2, Errors: 30},
		"in an error":          {Lines: 1, Items: 3, Errors: 29},
		"after the items' end": {Lines: 4, Items: 100, Errors: 87},
		"after the errors":     {Lines: 1, Items: 3, Errors: 100},
	} {
		err := f.Scan(t.Context(), place, func(failed.Place, *failed.Item) bool { return true })
		if _, moved := errors.AsType[*failed.MovedError](err); !moved {
			t.Errorf("%s: got %v, expected that no line begins there", name, err)
		}
	}
}

func TestErrorsHaveTheTimesOfTheReport(t *testing.T) {
	t.Parallel()
	s := objects("10\n40\n70\n", threeErrors)
	at := folder.File(protocol.ReportJSON).Key
	s[at] = `{"errors": [{"name": "Refused", "count": 2, "example": "no", "first": "2026-03-14T01:59:00Z", "last": "2026-03-14T02:00:00Z"}, {"name": "Lost", "count": 1}]}`
	f, err := failed.Count(t.Context(), s, "arn", folder, 3, failed.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if e := f.Errors[0]; e.First == nil || e.Last.Sub(*e.First) != time.Minute || e.NoTimes != "" || e.Example != "no" {
		t.Errorf("got %+v, expected a minute between the first and the last", e)
	}
	if e := f.Errors[1]; e.First != nil || e.Last != nil || !strings.Contains(e.NoTimes, "have a time") {
		t.Errorf("got %+v, expected why there are no times", e)
	}
	s[at] = s[at][:50]
	if _, err := failed.Count(t.Context(), s, "arn", folder, 3, failed.Filter{}); err == nil || !strings.Contains(err.Error(), "reading s3://b/p/report.json: unexpected EOF") {
		t.Errorf("got %v for a report that is cut, expected its address", err)
	}
}
