package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const source = "# The `mapjob` command: a *job*, or two?\n\nSee [this](a.md#b) and `--flag` and\n[`that\nthing`](c.md).\n\n## Twice\n\n## Twice\n\n" +
	"<!-- run:\ncd x\nls\n-->\n\n<!-- sandbox: empty -->\n```sh\nls   # files\n```\n\n- a list\n\n  ```console\n  $ x\n  y\n  ```\n\n<!-- sh is not an instruction -->\n\n    indented\n\n![A picture](p.svg)\n\nhttps://example.com\n"

func TestParse(t *testing.T) {
	p := Parse("docs/a.md", []byte(source))
	expected := &Page{
		Path: "docs/a.md",
		Headings: []Heading{
			{Line: 1, Level: 1, Text: "The mapjob command: a job, or two?", Anchor: "the-mapjob-command-a-job-or-two"},
			{Line: 7, Level: 2, Text: "Twice", Anchor: "twice"},
			{Line: 9, Level: 2, Text: "Twice", Anchor: "twice-1"},
		},
		Links: []Link{
			{Line: 3, To: "a.md#b", Text: "this"},
			{Line: 4, To: "c.md", Text: "that\nthing"},
			{Line: 32, To: "p.svg", Image: true, Text: "A picture"},
			{Line: 34, To: "https://example.com", Text: "https://example.com"},
		},
		Steps: []Step{
			{Line: 11, Name: "run", Text: "cd x\nls"},
			{Line: 16, Name: "sandbox", Text: "empty"},
			{Line: 18, Block: true, Language: "sh", Text: "ls   # files\n"},
			{Line: 24, Block: true, Language: "console", Text: "$ x\ny\n"},
			{Line: 30, Block: true, Indented: true, Text: "indented\n"},
		},
		Spans: []Span{{Line: 1, Text: "mapjob"}, {Line: 3, Text: "--flag"}, {Line: 4, Text: "that thing"}},
	}
	if diff := cmp.Diff(expected, p, cmpopts.IgnoreUnexported(Page{})); diff != "" {
		t.Errorf("got another page than expected (-expected +got):\n%s", diff)
	}
	if !p.Has("twice-1") || p.Has("twice-2") {
		t.Error("got other anchors than those of the headings")
	}
}
