package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mapjob/mapjob/internal/cli/browser"
	"github.com/mapjob/mapjob/internal/cli/target"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Report is mapjob report.
type Report struct {
	target.One

	Open bool `help:"Open it in the browser, as HTML."`
}

// Run prints the report of an execution: the last one that has ended, unless another
// is named.
func (c *Report) Run(ctx context.Context, streams *terminal.Streams) (err error) {
	if c.Open && c.JSON {
		return errors.New("--open: got --json, too, expected one of them")
	}
	s, x, err := c.Find(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	name := protocol.ReportMarkdown
	switch {
	case c.JSON:
		name = protocol.ReportJSON
	case c.Open:
		name = protocol.ReportHTML
	}
	file, err := s.Service.Report(ctx, x, name)
	if err != nil {
		return err
	}
	defer file.Close()
	if c.Open {
		return browser.Show(file, streams.Out)
	}
	if c.JSON {
		return document(file, streams.Out)
	}
	if _, err = io.Copy(streams.Out, file); err != nil {
		return err
	}
	for _, line := range s.Next(ctx, x) {
		fmt.Fprintln(streams.Err, line)
	}
	return nil
}

// document prints a report that is a JSON document.
func document(report io.Reader, out io.Writer) error {
	text, err := io.ReadAll(jsonl.Allow(report, jsonl.MaxDocument))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, new(json.RawMessage)); err != nil {
		return fmt.Errorf("%s: got text that is not JSON (%w), expected one document: another program has replaced the object", protocol.ReportJSON, err)
	}
	_, err = out.Write(text)
	return err
}
