// Command bench compares the speed and the size of mapjob with its peers', in the
// same run on the same machine. It prints a table and writes a JSON file.
//
//	go run ./test/bench                           # all figures
//	go run ./test/bench kit jsonata/plain-path-ns # a group and a figure
//
// A figure is the median of several runs. Our runs and the peer's alternate, so
// that a machine that slows down for a while slows down both. Each group is a package
// below this one, whose file figures.go lists its figures.
package main
