// Package goroutine gives new goroutines room.
package goroutine

// stackBytes is what handlers and the services that they call need of a stack.
const stackBytes = 14 << 10

// Grow gives a new goroutine a large stack at once. It would grow in steps otherwise,
// each of which copies it, and in a test these take a tenth of an execution's time.
//
//go:noinline
func Grow() {
	var room [stackBytes]byte
	use(&room)
}

//go:noinline
func use(*[stackBytes]byte) {}
