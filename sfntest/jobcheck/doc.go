// Package jobcheck has invariants of jobs of package constructs/mapjob, for
// [sfntest.Explore].
package jobcheck
