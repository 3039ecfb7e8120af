package run

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/regular"
)

// outcomes are those of a run's items.
type outcomes struct {
	errors map[int]string // of failed items, by index
	ended  []bool         // by index: the item has an outcome
	items  int            // that have one
}

// readOutcomes reads the file of a run that has them.
func readOutcomes(path string) (*outcomes, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := &outcomes{errors: map[int]string{}}
	for d := json.NewDecoder(bufio.NewReader(file)); ; {
		var o protocol.Outcome
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		if more := o.Index + 1 - len(found.ended); more > 0 {
			found.ended = append(found.ended, make([]bool, more)...)
		}
		if !found.ended[o.Index] {
			found.items++
		}
		found.ended[o.Index] = true
		if o.Status != protocol.Succeeded {
			found.errors[o.Index] = o.Error
		}
	}
}

func (o *outcomes) has(index int) bool { return index < len(o.ended) && o.ended[index] }

// against says what is different from the run before. Items are compared by their
// index.
func (o *outcomes) against(before *outcomes) string {
	var cured, broken, other []string
	for index, was := range before.errors {
		is, fails := o.errors[index]
		switch {
		case !fails && o.has(index):
			cured = append(cured, mention(index, was))
		case fails && is != was:
			other = append(other, mention(index, is+", before "+was))
		}
	}
	for index, is := range o.errors {
		if _, failed := before.errors[index]; !failed && before.has(index) {
			broken = append(broken, mention(index, is))
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "compared with the run before: %s, %s failed", number.Of(o.items, "item"), number.Thousands(len(o.errors)))
	if o.items != before.items || len(o.errors) != len(before.errors) {
		fmt.Fprintf(&text, " (before: %s, %s failed)", number.Of(before.items, "item"), number.Thousands(len(before.errors)))
	}
	if len(cured)+len(broken)+len(other) == 0 {
		return text.String() + "; no item ended otherwise"
	}
	for _, change := range []struct {
		one, more string
		items     []string
	}{{"item newly fails", "items newly fail", broken}, {"item newly succeeds", "items newly succeed", cured},
		{"item fails with another error", "items fail with another error", other}} {
		if len(change.items) == 0 {
			continue
		}
		words := change.more
		if len(change.items) == 1 {
			words = change.one
		}
		fmt.Fprintf(&text, "\n  %s %s: %s", number.Thousands(len(change.items)), words, first(change.items))
	}
	return text.String()
}

// mention names an item, so that names sort by index.
func mention(index int, note string) string { return fmt.Sprintf("%9d (%s)", index, plain.Line(note)) }

// first lists the first of many items.
func first(items []string) string {
	slices.Sort(items)
	const most = 5
	var shown []string
	for _, item := range items[:min(most, len(items))] {
		shown = append(shown, strings.TrimSpace(item))
	}
	text := strings.Join(shown, ", ")
	if more := len(items) - most; more > 0 {
		text += fmt.Sprintf(" and %s more", number.Thousands(more))
	}
	return text
}
