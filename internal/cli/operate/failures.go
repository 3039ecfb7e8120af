package operate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/plain"
)

// Failures is mapjob failures.
type Failures struct {
	target.One

	Error  []string `help:"Only items that failed with this error; may be repeated." placeholder:"NAME" sep:"none"`
	Search string   `help:"Only items whose JSON has a text, in upper or lower case." placeholder:"TEXT"`
	JSONL  bool     `help:"Print each item in a line, as JSON with its index and error." name:"jsonl"`
	Items  int      `help:"Items to show." default:"10" placeholder:"N"`
}

// Run prints why items failed, and the first of them: those of the last execution
// that has ended, unless another is named.
func (c *Failures) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	switch {
	case c.Items < 0:
		return fmt.Errorf("--items: got %d, expected 0 or more", c.Items)
	case c.JSON && c.JSONL:
		return errors.New("--jsonl: got --json, too, expected one of them")
	}
	s, x, err := c.Find(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	f, err := s.Failures(ctx, x, c.filter())
	switch {
	case err != nil:
		return err
	case c.JSON:
		return terminal.PrintJSON(streams.Out, f)
	case c.JSONL:
		if f.Unknown > 0 {
			fmt.Fprintln(streams.Err, notStored(f.Unknown))
		}
		return lines(ctx, streams.Out, f)
	}
	return c.print(ctx, streams.Out, s, x, f)
}

func (c *Failures) filter() failed.Filter { return failed.Filter{Errors: c.Error, Search: c.Search} }

// lines prints all items. After an error its lines are whole.
func lines(ctx context.Context, to io.Writer, f *failed.Items) (err error) {
	out := bufio.NewWriterSize(to, 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for item, err := range f.All(ctx) {
		if err == nil {
			err = e.Encode(item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Failures) print(ctx context.Context, to io.Writer, s *target.Session, x *operate.Execution, f *failed.Items) error {
	fmt.Fprintf(to, "%s: %s\n", plain.Line(x.Name), notSucceeded(f.Count+f.Unknown, c.Search))
	if f.Unknown > 0 {
		fmt.Fprintln(to, notStored(f.Unknown))
	}
	if f.Count == 0 {
		return nil
	}
	printErrors(to, f.Errors)
	shown := 0
	for item, err := range f.All(ctx) {
		if err != nil {
			return err
		}
		if shown == c.Items {
			fmt.Fprintf(to, "and %s: %s\n", number.Of(f.Count-shown, "other item"), s.Command("failures", x, append(c.filter().Flags(), "--jsonl")...))
			break
		}
		fmt.Fprintf(to, "item %s  %s  %s\n", number.Thousands(item.Index), plain.Line(item.Error), excerpt(item.Item, 200))
		shown++
	}
	_, err := fmt.Fprintln(to, strings.Join(s.Again(ctx, x, c.filter().Flags()...), "\n"))
	return err
}

func notStored(n int) string {
	return terminal.Were(n, "item", "items") + " not stored, or removed since, so it is not known here which they are"
}

// notSucceeded says how many items failed, of those that have a text if it is not "".
func notSucceeded(n int, search string) string {
	switch {
	case n == 0 && search != "":
		return fmt.Sprintf("no failed item has the text %q", search)
	case n == 0:
		return "no item failed"
	}
	return number.Of(n, "item") + " failed"
}

func printErrors(to io.Writer, counts []failed.ErrorCount) {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ERROR\tITEMS\tSHARE\tFIRST\tLAST\tFOR EXAMPLE")
	for i, e := range counts {
		if i == terminal.MostErrors {
			fmt.Fprintf(table, "and %s\t\t\t\t\t\n", number.Of(len(counts)-i, "other error"))
			break
		}
		fmt.Fprintf(table, "%s\t%s\t%.1f%%\t%s\t%s\t%s\n", plain.Line(e.Error), number.Thousands(e.Count), e.Percent, when(e.First), when(e.Last), excerpt([]byte(e.Example), 100))
	}
	_ = table.Flush()
	printed := map[string]bool{}
	for _, e := range counts[:min(len(counts), terminal.MostErrors)] {
		if e.NoTimes != "" && !printed[e.NoTimes] {
			printed[e.NoTimes] = true
			fmt.Fprintf(to, "—: %s\n", e.NoTimes)
		}
	}
}

// when writes when an item ended, in the time of this machine; — if that is not known.
func when(at *time.Time) string {
	if at == nil {
		return "—"
	}
	return at.Local().Format(time.DateTime)
}

// excerpt returns the first characters of a text, in one line, with … if there are more.
func excerpt(text []byte, most int) string {
	runes := []rune(string(text[:min(len(text), 4*(most+1))])) // up to 4 bytes each
	if len(runes) > most {
		return plain.Line(string(runes[:most])) + "…"
	}
	return plain.Line(string(runes))
}
