package results

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Rest describes the items that have no outcome in the results.
type Rest struct {
	Error string // name of the error that they failed with; "" if they are lost
	Cause string
	Gap   string // what is missing in the results, as a sentence without a period; "" if nothing is

	Ignored string // what was ignored in workers' answers, as a sentence without a period; "" if nothing was
}

// MapRun reads the results of a Map Run, one file after the other. If results can't
// be read, it returns an error. If results are missing, the Rest has a Gap.
func (r Reader) MapRun(ctx context.Context, at protocol.Results, yield Yield) (Rest, error) {
	reading := &reading{Reader: r, ctx: ctx, yield: yield}
	if at.Prefix != "" {
		folder := at.Outcomes()
		reading.folder = &folder
	}
	gap, err := reading.mapRun(at)
	rest := Rest{Gap: gap, Ignored: reading.ignored.String()}
	switch {
	case err != nil:
		return Rest{}, err
	case at.Manifest != "":
	case gap != "":
		rest.Error, rest.Cause = protocol.ErrorOutcomeUnknown, gap
	default:
		rest.Error, rest.Cause = protocol.ErrorNotStarted, causeNotStarted
	}
	return rest, nil
}

// mapRun yields the outcomes of a Map Run. It returns what is missing in the results.
func (r *reading) mapRun(at protocol.Results) (gap string, err error) {
	m, outdated, err := r.findManifest(r.ctx, at)
	if err != nil {
		return "", err
	}
	if m == nil {
		return fmt.Sprintf("the Map left no manifest of its results in %s", address(at.Bucket, at.Prefix+"/")), nil
	}
	for _, f := range m.ResultFiles.Succeeded {
		if err := r.outputs(m.DestinationBucket, f.Key); err != nil {
			return "", err
		}
	}
	if outdated != "" {
		return outdated, nil
	}
	var unknown unknownChildren
	for _, f := range m.ResultFiles.Failed {
		if err := r.children(m.DestinationBucket, f.Key, Child.Failure, &unknown); err != nil {
			return "", err
		}
	}
	for _, f := range m.ResultFiles.Pending {
		if err := r.children(m.DestinationBucket, f.Key, Child.notStarted, &unknown); err != nil {
			return "", err
		}
	}
	return unknown.gap(), nil
}

// outputs reads a SUCCEEDED file, with the outputs of child executions. The outputs
// are lists, which the result writer flattens. An element may itself be a list: so a
// .jsonl file that begins with a bracket is still JSON Lines.
func (r *reading) outputs(bucket, key string) error {
	each := r.eachElement
	if strings.HasSuffix(key, ".jsonl") {
		each = r.eachLine
	}
	in := address(bucket, key)
	return each(r.ctx, bucket, key, func(text []byte) error { return r.element(text, in) })
}

// unknownChildren counts child executions that are listed without their input, so
// that it is not known which items they had.
type unknownChildren struct {
	count int
	first Child
}

func (u *unknownChildren) add(c Child) {
	if u.count == 0 {
		u.first = c
	}
	u.count++
}

func (u *unknownChildren) gap() string {
	if u.count == 0 {
		return ""
	}
	first := cmp.Or(u.first.ExecutionArn, "one that was not started")
	if u.count == 1 {
		return fmt.Sprintf("the Map's results list a child execution without its input, %s, so it is not known which items it had", first)
	}
	return fmt.Sprintf("the Map's results list %d child executions without their input, such as %s, so it is not known which items they had", u.count, first)
}

// children reads a FAILED or PENDING file. These files are never flattened: each
// element is a child execution.
func (r *reading) children(bucket, key string, errorOf func(Child) (name, cause string), unknown *unknownChildren) error {
	return r.eachElement(r.ctx, bucket, key, func(element []byte) error {
		var c Child
		if err := json.Unmarshal(element, &c); err != nil {
			return fmt.Errorf("reading %s: %w in %s, expected a child execution", address(bucket, key), err, protocol.Excerpt(element))
		}
		if !c.hasInput() {
			unknown.add(c)
			return nil
		}
		return r.child(c, errorOf)
	})
}
