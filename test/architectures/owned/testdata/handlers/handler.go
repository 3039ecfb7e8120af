// Package handlers has eleven lines of code, two of them workflow.
package handlers

import (
	"fmt"
	"sync" // workflow
)

// workflow {

var count sync.Mutex /* counted once */

// workflow }

// Handle is of business, // workflow or not.
func Handle() {
	fmt.Print(`two
// workflow
lines`)
}
