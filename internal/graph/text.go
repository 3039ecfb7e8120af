package graph

// Sizes of text, in pixels.
const (
	titleSize  = 13.0
	detailSize = 11.0
	lineHeight = 1.35
)

// Most characters of a line, and lines of a text.
const (
	titleWidth, titleLines   = 30, 4
	detailWidth, detailLines = 36, 2
	labelWidth, labelLines   = 28, 2
)
