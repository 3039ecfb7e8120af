package goroutine

// Pool runs functions on goroutines with large stacks, which it uses again: a new
// goroutine takes longer than many a handler of a test.
type Pool struct {
	next   chan func() // to a goroutine that waits for one
	closed chan struct{}
}

// NewPool returns a pool without goroutines.
func NewPool() *Pool { return &Pool{next: make(chan func()), closed: make(chan struct{})} }

// Go runs f on a goroutine of its own until f returns. f may end the goroutine.
func (p *Pool) Go(f func()) {
	select {
	case p.next <- f:
	default:
		go p.run(f)
	}
}

func (p *Pool) run(f func()) {
	Grow()
	for {
		f()
		select {
		case f = <-p.next:
		case <-p.closed:
			return
		}
	}
}

// Close ends the goroutines that wait, and others when their functions return. It must
// be called once.
func (p *Pool) Close() { close(p.closed) }
