// Package items reads the items of a job. The ItemReader of the engine, the
// chunker and the command's --items and --seed all use it, so that the same
// bytes are the same items everywhere.
//
// A reader returns an item as a value of package value or as JSON text in one
// line. The text keeps the digits of numbers: 1.50 stays 1.50, and a 64-bit
// identifier is exact.
//
// # All formats
//
// Text is UTF-8; other text, such as UTF-16, is refused. A byte order mark at
// the beginning is skipped. An item is at most 16 MiB long and nested at most
// 10,000 levels deep. Objects keep the order of their members; if a name is
// repeated, the last member wins. An unpaired surrogate, such as "\ud800",
// becomes U+FFFD.
//
// # JSON Lines
//
// Each line holds one JSON value. Empty lines are skipped. A value over several
// lines and two values in one line are refused. An empty file has no items.
//
// # JSON
//
// The file is one array, whose elements are the items, or contains the array
// that a JSON pointer names. Text after the end of the JSON value is refused,
// and so is an empty file.
//
// # CSV
//
// The rules are those of the Step Functions developer guide, "How Step
// Functions parses input CSV files", and for what the guide leaves open those
// of encoding/csv:
//
//   - A row is an object of strings. If it has too few fields, the missing ones
//     are empty; if it has too many, the extra ones are skipped. Empty lines
//     are no rows. A file without rows has no items.
//   - A field in quotes may contain delimiters and line ends.
//   - "" is a quote, in quotes and outside. A single quote inside a field
//     stands for itself.
//   - A backslash escapes a backslash, a quote or the delimiter that follows it.
//     Before anything else it vanishes.
//   - Headers must not repeat, and are at most 10 KiB long together.
//
// A file that would be read wrong is refused, with what was found:
//
//   - A CR that no LF follows. In quotes and at the end of the file it is
//     allowed.
//   - A quote that is not closed at the end of the file.
//   - One column, if another delimiter gives several. This is so if each of the
//     first ten rows has one field, and if a comma, a pipe, a semicolon or a tab
//     divides each of them into the same number of fields: more than one, and
//     as many as the headers if they are given. The first row decides nothing
//     if it is the only one, or if it is a header in quotes: put the header of a
//     single column in quotes if its text looks like several.
//
// Step Functions does not refuse these files, but reads garbled items. The
// engine refuses them nevertheless: a run on this machine that succeeds should
// not become one on AWS whose items are wrong.
package items
