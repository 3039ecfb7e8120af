// Package resultstest writes the results of Map Runs as Step Functions writes
// them, for tests of what reads or writes such results.
//
// [MapRun] writes the folder of one Map Run, whose children are given. [Draw]
// draws a job with everything that its execution and its redrives stored in S3,
// and knows how each item ended.
//
// The form of the files is that of real executions, as far as captures of them
// show it. What they do not show is drawn at random within what could be, so that
// nothing depends on it: the form of FAILED and PENDING files with OutputType
// JSONL, an empty file in the place of none, and which manifest a redriven Map
// names in its result.
package resultstest
