// Package handlers has thirteen lines of code, three of them workflow.
package handlers

import (
	"fmt"
	"sync" // the quote leaves out this comment
)

// count is workflow by its declaration.
var count sync.Mutex /* counted once */

// Handle has a string of four lines.
func Handle() {
	count.Lock()
	fmt.Print(`two

more
lines`)
}
