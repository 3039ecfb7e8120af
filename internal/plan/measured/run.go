// Package measured reads what a run on this machine measured: what its executions used,
// how long items took, and how large they are.
package measured
