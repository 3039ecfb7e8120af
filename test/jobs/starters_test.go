package jobs

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/test/running"
)

// Whoever starts a job chooses the object with the items, but only among those of
// the job's own folder and of the buckets that the Source names. What it may not
// choose is refused by name before a worker runs.
func starters(t *testing.T, s *running.Stack) {
	in, results := s.Bucket(t, "In"), s.Bucket(t, "Results")
	name := func(job string) string {
		m, err := s.Machine(job)
		if err != nil {
			t.Fatal(err)
		}
		return m.Name
	}
	const (
		none       = ""                                         // the items are taken
		notAllowed = "MapJob.NotAllowed"                        //
		invalid    = "MapJob.InvalidInput"                      //
		notFound   = "no such object, by value or by reference" // allowed, and not there
	)
	other := run(t, s, "Half", items("sf")) // another job with this results bucket
	stored := name("Half") + "/" + other.Name + "/report/failures.jsonl"
	if got := s.Object(t, results, stored); !strings.Contains(got, `"fail":true`) {
		t.Fatalf("got %q, expected an object of another job to choose", got)
	}
	for _, key := range []string{"root.jsonl", "in/items.jsonl"} {
		s.Put(t, results, key, []byte("{\"id\":1}\n"))
		s.Put(t, in, key, []byte("{\"id\":1}\n"))
	}
	type hostile struct {
		items        string
		own, granted string // the error of a job without InputBuckets, and of one that has In
	}
	cases := map[string]hostile{
		"an object in the job's folder":           {`{"bucket": "RESULTS", "key": "NAME/mine.jsonl"}`, none, none},
		"an object further down":                  {`{"bucket": "RESULTS", "key": "NAME/execution/report/failures.jsonl"}`, none, none},
		"an object of a bucket":                   {`{"bucket": "IN", "key": "in/items.jsonl"}`, notAllowed, none},
		"an object of no folder in a bucket":      {`{"bucket": "IN", "key": "root.jsonl"}`, notAllowed, none},
		"an object of another job":                {`{"bucket": "RESULTS", "key": "OTHER"}`, notAllowed, notAllowed},
		"an object of no job":                     {`{"bucket": "RESULTS", "key": "root.jsonl"}`, notAllowed, notAllowed},
		"a folder whose name begins as the job's": {`{"bucket": "RESULTS", "key": "NAMEs/mine.jsonl"}`, notAllowed, notAllowed},
		"the job's name alone":                    {`{"bucket": "RESULTS", "key": "NAME"}`, notAllowed, notAllowed},
		"the job's name in lower case":            {`{"bucket": "RESULTS", "key": "LOWER/mine.jsonl"}`, notAllowed, notAllowed},
		"the job's name further down":             {`{"bucket": "RESULTS", "key": "x/NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a slash at the beginning":                {`{"bucket": "RESULTS", "key": "/NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a way out at the beginning":              {`{"bucket": "RESULTS", "key": "../RESULTS/NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a way out of the folder":                 {`{"bucket": "RESULTS", "key": "NAME/../OTHER"}`, notFound, notFound},
		"a way out of the bucket":                 {`{"bucket": "RESULTS", "key": "NAME/../../IN/root.jsonl"}`, notFound, notFound},
		"a way out, encoded":                      {`{"bucket": "RESULTS", "key": "NAME/%2e%2e/OTHER"}`, notFound, notFound},
		"a backslash":                             {`{"bucket": "RESULTS", "key": "NAME\\..\\OTHER"}`, notAllowed, notAllowed},
		"an empty key":                            {`{"bucket": "RESULTS", "key": ""}`, notAllowed, notAllowed},
		"an expression as the key":                {`{"bucket": "RESULTS", "key": "{% $states.context.StateMachine.Name & '/mine.jsonl' %}"}`, notAllowed, notAllowed},
		"a wildcard":                              {`{"bucket": "RESULTS", "key": "*/mine.jsonl"}`, notAllowed, notAllowed},
		"a bucket of somebody else":               {`{"bucket": "somebody-elses", "key": "NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"the ARN of a bucket":                     {`{"bucket": "arn:aws:s3:::RESULTS", "key": "NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a bucket with a folder":                  {`{"bucket": "RESULTS/NAME", "key": "NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a bucket with a space":                   {`{"bucket": "RESULTS ", "key": "NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"an empty bucket":                         {`{"bucket": "", "key": "NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a bucket twice":                          {`{"bucket": "RESULTS", "bucket": "somebody-elses", "key": "NAME/mine.jsonl"}`, notAllowed, notAllowed},
		"a list of buckets":                       {`{"bucket": ["RESULTS"], "key": "NAME/mine.jsonl"}`, invalid, invalid},
		"a list of keys":                          {`{"bucket": "RESULTS", "key": ["NAME/mine.jsonl", "OTHER"]}`, invalid, invalid},
		"a bucket without a name":                 {`{"bucket": {"name": "RESULTS"}, "key": "NAME/mine.jsonl"}`, invalid, invalid},
		"no bucket":                               {`{"key": "NAME/mine.jsonl"}`, invalid, invalid},
		"no key":                                  {`{"bucket": "RESULTS"}`, invalid, invalid},
		"null":                                    {`{"bucket": "RESULTS", "key": null}`, invalid, invalid},
		"items in items":                          {`{"items": {"bucket": "RESULTS", "key": "NAME/mine.jsonl"}}`, invalid, invalid},
		"a list of addresses":                     {`[{"bucket": "RESULTS", "key": "NAME/mine.jsonl"}]`, invalid, invalid},
	}
	for _, job := range []string{"Own", "OwnChunked", "Granted", "GrantedChunked"} {
		for _, key := range []string{"mine.jsonl", "execution/report/failures.jsonl"} {
			s.Put(t, results, name(job)+"/"+key, []byte("{\"id\":1}\n{\"id\":2}\n"))
		}
		for what, c := range cases {
			expected := c.own
			if strings.HasPrefix(job, "Granted") {
				expected = c.granted
			}
			given := strings.NewReplacer("RESULTS", results, "IN", in, "NAME", name(job), "OTHER", stored, "LOWER", strings.ToLower(name(job))).Replace(c.items)
			for _, input := range []string{`{"items": ` + given + `}`, given} {
				if input == given && (job != "Own" || what == "items in items") {
					continue // the items at the top of an input are looked for in one place
				}
				worked := 0
				x := run(t, s, job, input, func(r *engine.Request, _ any, _ error) {
					if r.StateName == protocol.StateWorker {
						worked++
					}
				})
				switch {
				case expected == none:
					if x.Status != engine.Succeeded || x.account.Succeeded == 0 {
						t.Errorf("%s, %s: got %s (%s: %s), expected the items of %s", job, what, x.Status, x.Error, x.Cause, input)
					}
				case expected == notFound && x.Status == engine.Failed: // by the reader, each with a name of its own
				case x.Error != expected:
					t.Errorf("%s, %s: got %s (%s: %s), expected %s for %s", job, what, x.Status, x.Error, x.Cause, expected, input)
				}
				if expected != none && worked > 0 {
					t.Errorf("%s, %s: got %d invocations of the worker, expected none for %s", job, what, worked, input)
				}
				if expected == notAllowed && !strings.Contains(x.Cause, "expected a key in "+results+" that begins with "+name(job)+"/") {
					t.Errorf("%s, %s: got the cause %s, expected it to say what is allowed", job, what, x.Cause)
				}
			}
		}
	}
}
