package plain_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/plain"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

var hostile = []string{
	"a|b", `a\|b`, `\`, `a\`, "`", "``a`|`", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt; &#60; &amp", "![pixel](https://evil.example/p.png)",
	"[text](javascript:alert(1))", "[ref]", "[ref]: https://evil.example", "<https://evil.example>", "https://evil.example/x", "see www.evil.example",
	"me@evil.example", "@somebody", "*bold* **x** _it_ __x__ a_b_c", "~~gone~~", "# heading", "- list", "+ list", "* list", "1. list", "2) list", "> quote", "=====", "-----", "***",
	"```\nfence", "    code", "\tcode", "one\n\ntwo", "one\r\n| a | b |\r\n|---|---|", "a\u2028b", "\u202egnp.exe", "\x1b[2J", "$x$ $$y$$", "<!-- x", "<?x", "</table>", "||||", `\\|`, `\\\|`,
	"x:\\path\\to", "< 5 & > 3 <5", "|--|--|", "\xff|\xfe", "", " ", "://|`", "@|`\\|",
}

// In the Markdown of a table and a paragraph, a parser finds these and nothing else,
// whatever the texts are.
func checkMarkdown(t *testing.T, given string) {
	t.Helper()
	source := fmt.Appendf(nil, "# %s\n\n%s\n\n- %[2]s\n\n| a | b | c |\n| --- | --- | --- |\n| 1 | %[3]s | 2 |\n| %[3]s | %[3]s | 3 |\n| x | `y` | %[4]s |\n",
		plain.Markdown(given), plain.Markdown(given), plain.Cell(given), plain.Code(given))
	if bytes.Count(source, []byte("\n")) != 11 {
		t.Errorf("got %q for %q, expected no line break in a text", source, given)
		return
	}
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM))
	cells := 0
	err := ast.Walk(reader.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.Text, *ast.String, *ast.CodeSpan, *ast.List, *ast.ListItem,
			*east.Table, *east.TableHeader, *east.TableRow:
		case *ast.Heading:
			if n.Level != 1 {
				t.Errorf("got a heading in %q for %q", source, given)
			}
		case *east.TableCell:
			cells++
		default:
			t.Errorf("got a %s in %q for %q, expected only text", n.Kind(), source, given)
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cells != 12 {
		t.Errorf("got %d cells in %q for %q, expected 12", cells, source, given)
	}
	if blocks := bytes.Count(source, []byte("\n\n")); blocks != 3 {
		t.Errorf("got %q for %q, expected four blocks", source, given)
	}
}

func TestMarkdownHasNoMarkupOfATextInIt(t *testing.T) {
	t.Parallel()
	for _, given := range hostile {
		checkMarkdown(t, given)
	}
	for given, expected := range map[string]string{ // what is no markup stays easy to read
		"CardDeclined: order_7 (5% < 7%, a & b) - ok!": "CardDeclined: order_7 (5% < 7%, a & b) - ok!",
		"got \"x\"\nexpected 'y'":                      "got \"x\" expected 'y'",
		"a|b*c":                                        `a\|b\*c`,
		"see https://example.com/a|b":                  "`see https://example.com/a\\u007cb`",
		"see #12":                                      "`see #12`",
		"owner/repo#1":                                 "`owner/repo#1`",
		"GH-12 is open":                                "`GH-12 is open`",
		"gh-7":                                         "`gh-7`",
		"fine :smile:":                                 "`fine :smile:`",
		":+1:":                                         "`:+1:`",
		":100:":                                        "`:100:`",
		":8ball:":                                      "`:8ball:`",
		"at 12:30:45":                                  "at 12:30:45",
		"a: b: # 1 GHz-1":                              "a: b: # 1 GHz-1",
	} {
		if got := plain.Cell(given); got != expected {
			t.Errorf("got %q for %q, expected %q", got, given, expected)
		}
	}
	if got := plain.Markdown("3. x"); got != `3\. x` {
		t.Errorf("got %q, expected no list", got)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, given := range hostile {
		f.Add(given)
	}
	f.Add(strings.Join(hostile, " "))
	f.Fuzz(checkMarkdown)
}
