package run

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/number"
)

// standardInput is the value of --items that stands for standard input.
const standardInput = "-"

// readItems reads the items of --items to their end, so that a mistake in them is
// found before anything is built. Standard input is kept in the folder of the run.
func (r *run) readItems(ctx context.Context) error {
	file := r.command.Items
	if file == "" {
		return nil
	}
	if file == standardInput {
		var err error
		if file, err = keepInput(&interruptible{ctx: ctx, from: r.streams.In}, r.folder); err != nil {
			return fmt.Errorf("--items -: %w", err)
		}
	}
	if info, err := os.Stat(file); err == nil && info.Mode()&fs.ModeNamedPipe != 0 { // the items are read twice
		return fmt.Errorf("--items: got the pipe %s, expected a file: use --items - < %s", file, file)
	}
	count := 0
	for _, err := range items.File(file) {
		if err == nil && ctx.Err() != nil {
			err = errors.New("interrupted before their end")
		}
		if err != nil && r.command.Items == standardInput { // its file will be removed
			err = errors.New(strings.ReplaceAll(err.Error(), file, r.command.itemsName()))
		}
		if err != nil {
			return fmt.Errorf("--items: %w", err)
		}
		count++
	}
	if count == 0 {
		return fmt.Errorf("--items: got no items in %s, expected one or more", r.command.itemsName())
	}
	r.items, r.count = items.File(file), count
	r.progress.Say("read %s of %s", number.Of(count, "item"), r.command.itemsName())
	return nil
}

// itemsName names the file of --items in messages.
func (c *Command) itemsName() string {
	if c.Items == standardInput {
		return "standard input"
	}
	return c.Items
}

// keepInput copies items from standard input to a file in folder, whose name says
// which format they have: a JSON array, or JSON Lines.
func keepInput(in io.Reader, folder string) (path string, err error) {
	buffered := bufio.NewReader(in)
	const mark = "\ufeff" // byte order mark
	if first, _ := buffered.Peek(len(mark)); string(first) == mark {
		_, _ = buffered.Discard(len(mark)) // follows a Peek
	}
	name := "items.jsonl"
	for {
		first, err := buffered.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("reading standard input: %w", err)
		}
		if first == ' ' || first == '\t' || first == '\r' || first == '\n' {
			continue
		}
		if first == '[' {
			name = "items.json"
		}
		_ = buffered.UnreadByte() // follows a ReadByte
		break
	}
	path = filepath.Join(folder, name)
	return path, writeFile(path, func(w io.Writer) error {
		_, err := io.Copy(w, buffered)
		return err
	})
}

// interruptible reads until its context ends, also while nothing comes.
type interruptible struct {
	ctx  context.Context
	from io.Reader
}

func (i *interruptible) Read(into []byte) (int, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text := make([]byte, len(into))
		n, err := i.from.Read(text)
		done <- result{text[:n], err}
	}()
	select {
	case r := <-done:
		return copy(into, r.text), r.err
	case <-i.ctx.Done():
		return 0, errors.New("interrupted before its end")
	}
}
