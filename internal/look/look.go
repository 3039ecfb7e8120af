// Package look has the style that the pages of mapjob share: the console's and a report's.
// It has colours in a light and a dark scheme, texts, tables, bars and charts.
package look

import _ "embed"

// CSS is the style sheet.
//
//go:embed look.css
var CSS string
