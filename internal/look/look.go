// Package look has the style that the pages of mapjob share: the console's, a report's and a
// plan's. It has colours in a light and a dark scheme, texts, tables, bars and charts.
package look

import _ "embed"

// Colours has the colours and the fonts, as variables of CSS. The scheme of a printed page is
// light.
//
//go:embed colours.css
var Colours string

//go:embed look.css
var rest string

// CSS is the style sheet, with its colours.
var CSS = Colours + rest
