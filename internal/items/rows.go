package items

import "bytes"

// rows are the rows of a CSV file, see the package comment. The fields of a
// row are valid until the next one is read.
type rows struct {
	in        *input
	delimiter byte

	text   []byte // with the fields in it
	fields []span
	begun  int    // the line at which the row begins
	size   int    // bytes of the row in the file, without its end
	quoted bool   // the first field is in quotes
	buffer []byte // for text, if it is not a line as it is
}

// span is a part of a text.
type span struct{ from, to int }

func (r *rows) field(i int) []byte { return r.text[r.fields[i].from:r.fields[i].to] }

// next reads a row, or returns io.EOF.
func (r *rows) next() error {
	for {
		line, err := r.in.line()
		if err != nil {
			return err
		}
		if len(line) == lineEnd(line, 0) {
			continue
		}
		r.fields, r.begun, r.size, r.quoted = r.fields[:0], r.in.feeds, len(line), false
		if err := r.in.checkUTF8(r.begun, line); err != nil {
			return err
		}
		if r.split(line) {
			return nil
		}
		r.fields, r.quoted = r.fields[:0], false
		return r.parse(line)
	}
}

// lineEnd returns the length of the line end at a place of a line: 0 if there
// is none. A CR ends a line before an LF and at the end of the file.
func lineEnd(line []byte, at int) int {
	switch rest := line[at:]; {
	case len(rest) > 0 && rest[0] == '\n':
		return 1
	case len(rest) > 0 && rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n'):
		return len(rest)
	}
	return 0
}

// split reads a row whose fields stand in the line as they are, with or without
// quotes around them. It reports whether this is one.
func (r *rows) split(line []byte) bool {
	if bytes.IndexByte(line, '\\') >= 0 {
		return false
	}
	end := len(line)
	if line[end-1] == '\n' {
		end--
	}
	if end > 0 && line[end-1] == '\r' {
		end--
	}
	for at := 0; ; at++ {
		field := span{at, end}
		if at < end && line[at] == '"' {
			n := bytes.IndexByte(line[at+1:end], '"')
			if n < 0 {
				return false
			}
			field = span{at + 1, at + 1 + n}
			at = field.to + 1
			r.quoted = r.quoted || len(r.fields) == 0
		} else {
			for at < end && line[at] != r.delimiter {
				if line[at] == '"' || line[at] == '\r' {
					return false
				}
				at++
			}
			field.to = at
		}
		r.fields = append(r.fields, field)
		if at == end {
			r.text, r.size = line, end
			return true
		}
		if line[at] != r.delimiter {
			return false
		}
	}
}

func (r *rows) loneReturn() error {
	return r.in.problem(r.in.feeds, "got a CR that no LF follows, expected lines that end in LF or CRLF: convert the text, such as with tr '\\r' '\\n', or put the field in quotes")
}

// parse reads any row, which may go on in further lines.
func (r *rows) parse(line []byte) (err error) {
	text, at := r.buffer[:0], 0
	for {
		from := len(text)
		if r.opens(line[at:]) {
			r.quoted = r.quoted || len(r.fields) == 0
			line, at, text, err = r.inQuotes(line, at+1, text)
		} else {
			at, text, err = r.bare(line, at, text)
		}
		if err != nil {
			return err
		}
		r.fields = append(r.fields, span{from, len(text)})
		if at == len(line) || line[at] != r.delimiter { // the end of the row
			r.text, r.buffer = text, text
			r.size -= len(line) - at
			return nil
		}
		at++
	}
}

// opens reports whether a field begins with a quote that opens it. Two quotes
// with text after them stand for a quote.
func (r *rows) opens(field []byte) bool {
	if len(field) == 0 || field[0] != '"' {
		return false
	}
	return len(field) == 1 || field[1] != '"' || r.ends(field, 2) || field[2] == '"'
}

// ends reports whether a field ends at a place of a line.
func (r *rows) ends(line []byte, at int) bool {
	return at == len(line) || line[at] == r.delimiter || lineEnd(line, at) > 0
}

// bare reads a field that is not in quotes, and returns where it ends. It
// appends the field to text.
func (r *rows) bare(line []byte, at int, text []byte) (int, []byte, error) {
	delimiter := r.delimiter
	for begun := at; ; begun = at {
		for at < len(line) {
			if c := line[at]; c == delimiter || c == '"' || c == '\\' || c == '\n' || c == '\r' {
				break
			}
			at++
		}
		text = append(text, line[begun:at]...)
		switch {
		case r.ends(line, at):
			return at, text, nil
		case line[at] == '\r':
			return at, text, r.loneReturn()
		case line[at] == '\\':
			at, text = r.escape(line, at, text)
		default:
			text = append(text, '"')
			if at++; at < len(line) && line[at] == '"' {
				at++
			}
		}
	}
}

// inQuotes reads a field after the quote that opens it, and returns the line
// and the place where it ends. It appends the field to text.
func (r *rows) inQuotes(line []byte, at int, text []byte) ([]byte, int, []byte, error) {
	for {
		rest := line[at:]
		n := bytes.IndexByte(rest, '"')
		if n < 0 {
			n = len(rest)
		}
		if escape := bytes.IndexByte(rest[:n], '\\'); escape >= 0 {
			n = escape
		}
		text = append(text, rest[:n]...)
		at += n
		switch {
		case at == len(line):
			more, err := r.more()
			if err != nil {
				return line, at, text, err
			}
			line, at = more, 0
			continue
		case line[at] == '\\':
			at, text = r.escape(line, at, text)
			continue
		}
		at++ // the quote
		switch {
		case r.ends(line, at):
			return line, at, text, nil
		case line[at] == '"':
			at++
		case line[at] == '\r':
			return line, at, text, r.loneReturn()
		}
		text = append(text, '"')
	}
}

// escape reads a backslash and what it escapes.
func (r *rows) escape(line []byte, at int, text []byte) (int, []byte) {
	if at++; at < len(line) && (line[at] == '\\' || line[at] == '"' || line[at] == r.delimiter) {
		return at + 1, append(text, line[at])
	}
	return at, text
}

// more returns the next line of a row in quotes.
func (r *rows) more() ([]byte, error) {
	if r.size > maxItemBytes {
		return nil, r.in.tooLong(r.begun)
	}
	line, err := r.in.line()
	if err != nil {
		if r.in.err != nil {
			return nil, err
		}
		return nil, r.in.problem(r.begun, "got a row with a quote that is not closed, expected its end before the end of the file")
	}
	r.size += len(line)
	return line, r.in.checkUTF8(r.in.feeds, line)
}
