package lambdahost

// guardian is to end what survives the host; see guardian_unix.go.
type guardian struct{}

func startGuardian(*spawner) *guardian { return &guardian{} }
func (g *guardian) watch(int)          {}
func (g *guardian) forget(int)         {}
func (g *guardian) stop()              {}
