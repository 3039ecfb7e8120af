// Command bench compares the speed and the size of mapjob with its peers', in the
// same run on the same machine. It prints a table and writes a JSON file.
//
//	go run ./test/bench                          # all figures
//	go run ./test/bench kit jsonata/plain-path-ns # a group and a figure
//
// A figure is the median of several runs. Our runs and the peer's alternate, so
// that a machine that slows down for a while slows down both. To add a figure,
// add it to the list in figures.go.
package main
