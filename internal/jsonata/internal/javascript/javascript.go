// Package javascript implements the rules of JavaScript that JSONata builds on:
// the case and the order of strings, and the formats of numbers and dates.
package javascript
