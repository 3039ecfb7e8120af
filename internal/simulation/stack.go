package simulation

// stackBytes is what calls of services and handlers need of a stack at least.
const stackBytes = 14 << 10

// growStack gives a new goroutine a large stack at once. It would grow in steps
// otherwise, each of which copies it, and these take a tenth of an execution's time.
//
//go:noinline
func growStack() {
	var room [stackBytes]byte
	use(&room)
}

//go:noinline
func use(*[stackBytes]byte) {}
