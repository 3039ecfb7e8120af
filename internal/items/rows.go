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
		if bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\\') >= 0 {
			return r.parse(line)
		}
		return r.split(line)
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

// split reads a row without quotes and backslashes.
func (r *rows) split(line []byte) error {
	end := len(line)
	if line[end-1] == '\n' {
		end--
	}
	if end > 0 && line[end-1] == '\r' {
		end--
	}
	if bytes.IndexByte(line[:end], '\r') >= 0 {
		return r.loneReturn()
	}
	r.text, r.size = line, end
	for from := 0; ; {
		n := bytes.IndexByte(line[from:end], r.delimiter)
		if n < 0 {
			r.fields = append(r.fields, span{from, end})
			return nil
		}
		r.fields = append(r.fields, span{from, from + n})
		from += n + 1
	}
}

func (r *rows) loneReturn() error {
	return r.in.problem(r.in.feeds, "got a CR that no LF follows, expected lines that end in LF or CRLF: convert the text, such as with tr '\\r' '\\n', or put the field in quotes")
}

// parse reads a row with quotes or backslashes, which may go on in further
// lines.
func (r *rows) parse(line []byte) error {
	text, from := r.buffer[:0], 0
	i := 0
	begun := true   // the field begins here
	within := false // quotes
	for {
		if i == len(line) && within {
			more, err := r.more()
			if err != nil {
				return err
			}
			line, i = more, 0
		}
		switch end := lineEnd(line, i); {
		case !within && (i == len(line) || end > 0):
			r.fields = append(r.fields, span{from, len(text)})
			r.text, r.buffer = text, text
			r.size -= len(line) - i
			return nil
		case !within && line[i] == r.delimiter:
			r.fields = append(r.fields, span{from, len(text)})
			from, begun = len(text), true
			i++
			continue
		case !within && line[i] == '\r':
			return r.loneReturn()
		case line[i] == '\\':
			if i++; i < len(line) && (line[i] == '\\' || line[i] == '"' || line[i] == r.delimiter) {
				text = append(text, line[i])
				i++
			}
		case line[i] == '"' && within:
			switch i++; {
			case i < len(line) && line[i] == '"':
				text = append(text, '"')
				i++
			case r.ends(line, i):
				within = false
			case line[i] == '\r':
				return r.loneReturn()
			default:
				text = append(text, '"')
			}
		case line[i] == '"' && begun && !r.doubled(line, i):
			within = true
			if len(r.fields) == 0 {
				r.quoted = true
			}
			i++
		case line[i] == '"':
			text = append(text, '"')
			if i++; i < len(line) && line[i] == '"' {
				i++
			}
		default:
			n := r.plain(line[i:], within)
			text = append(text, line[i:i+n]...)
			i += n
		}
		begun = false
	}
}

// ends reports whether a field ends at this place of a line.
func (r *rows) ends(line []byte, at int) bool {
	return at == len(line) || line[at] == r.delimiter || lineEnd(line, at) > 0
}

// doubled reports whether the quote at the beginning of a field stands, with
// the next one, for a quote: one more would open the field, and so would the
// end of an empty field.
func (r *rows) doubled(line []byte, at int) bool {
	return at+1 < len(line) && line[at+1] == '"' && !r.ends(line, at+2) && line[at+2] != '"'
}

// plain is how many bytes at the beginning of a text stand for themselves. The
// first one does.
func (r *rows) plain(text []byte, within bool) int {
	for n := 1; n < len(text); n++ {
		switch c := text[n]; {
		case c == '"' || c == '\\':
			return n
		case !within && (c == r.delimiter || c == '\n' || c == '\r'):
			return n
		}
	}
	return len(text)
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
