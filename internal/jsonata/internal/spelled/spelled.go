// Package spelled writes and reads numbers as English words, Roman numerals and
// letters, as jsonata does.
package spelled
