// Command bench measures what mapjob costs beside its peers, in the same run on
// the same machine, and writes the figures to a table and to a JSON file.
//
// A figure is the median of several runs, and ours and the peer's take turns:
// a machine that slows down for a while slows down both. To add a figure, add
// it to the list in figures.go.
package main
