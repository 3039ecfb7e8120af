// Package picture formats and parses numbers and times by the picture strings of
// XPath and XQuery Functions and Operators 3.1, with jsonata's deviations.
package picture
