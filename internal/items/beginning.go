package items

import (
	"bufio"
	"bytes"
)

// otherDelimiters are those that a file with one column is tried with. A space
// is not one of them: it is in the text of many columns.
const otherDelimiters = ",|;\t"

var delimiterNames = map[byte]string{',': "COMMA", '|': "PIPE", ';': "SEMICOLON", '\t': "TAB"}

// sampleRows is how many rows are looked at.
const sampleRows = 10

// checkBeginning refuses a file in UTF-16, and one that another delimiter
// divides into several columns, and this one into one. The package comment has
// the rule.
func checkBeginning(in *input, delimiter byte, headers []string) error {
	begun := in.peek(in.buffer.Size())
	if in.err != nil {
		return in.err
	}
	if first, _, _ := bytes.Cut(begun, []byte("\n")); bytes.IndexByte(first, 0) >= 0 {
		return in.problem(1, "got a NUL character, expected UTF-8: convert the text, such as with iconv -f UTF-16 -t UTF-8")
	}
	if n := bytes.LastIndexByte(begun, '\n'); len(begun) == in.buffer.Size() { // there is more: the last row may be cut off
		begun = begun[:n+1]
	}
	counts, quoted := fieldCounts(begun, delimiter)
	if len(counts) < 2 && len(headers) == 0 || len(counts) == 0 || quoted && len(headers) == 0 {
		return nil
	}
	for _, n := range counts {
		if n != 1 {
			return nil
		}
	}
	for _, other := range []byte(otherDelimiters) {
		others, _ := fieldCounts(begun, other)
		if other == delimiter || len(others) == 0 { // a text may be no table with that delimiter
			continue
		}
		columns := len(headers)
		if columns == 0 {
			columns = others[0]
		}
		same := columns > 1
		for _, n := range others {
			same = same && n == columns
		}
		if same {
			return in.problem(1, "got one column, expected %d, which the delimiter %s gives: set it, or put the header in quotes if there is one column", columns, delimiterNames[other])
		}
	}
	return nil
}

// fieldCounts returns how many fields each of the first rows has, and whether
// the first field is in quotes. Rows that cannot be read end them.
func fieldCounts(text []byte, delimiter byte) (counts []int, quoted bool) {
	in := &input{buffer: bufio.NewReader(bytes.NewReader(text))}
	r := rows{in: in, delimiter: delimiter}
	for len(counts) < sampleRows && r.next() == nil {
		if len(counts) == 0 {
			quoted = r.quoted
		}
		counts = append(counts, len(r.fields))
	}
	return counts, quoted
}
