package engine

import "time"

// wait stays until a time has passed or come.
func (v *visit) wait() {
	delay, err := v.waitFor()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	w := &waiting{}
	w.timer = v.loop.after(delay, func() {
		if v.work == working(w) {
			v.work = nil
			v.passOn()
		}
	})
	v.work = w
}

func (v *visit) waitFor() (time.Duration, error) {
	w := v.state.Wait
	if w.Seconds != nil {
		return w.Seconds.WaitSeconds(v.scope())
	}
	until, err := w.Timestamp.WaitTimestamp(v.scope())
	return until.Sub(v.loop.clock.now()), err
}
