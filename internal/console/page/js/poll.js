// Views that are read again and again.

const longestPause = 30_000

// passes reports whether what failed may succeed later: the console or AWS has a problem, rather
// than what it was asked for.
const passes = ({ status }) => status === undefined || status === 0 || status === 408 || status === 429 || status >= 500

// Poll calls read at once, and again a pause after it has ended, until it returns false or fails
// for good. Read may return another pause, in milliseconds. After a failure that may pass, which
// failed is told of, the pauses get longer.
export class Poll {
  failures = 0

  constructor({ read, pause, failed }) {
    Object.assign(this, { read, pause, failed })
    this.now()
  }

  // now reads now, in place of what is being read.
  now = async () => {
    this.stop()
    const { signal } = this.reading = new AbortController()
    let { pause } = this
    try {
      const more = await this.read(signal)
      if (signal.aborted || more === false) return
      if (typeof more === 'number') pause = more
      this.failures = 0
    } catch (failure) {
      if (signal.aborted) return
      this.failed(failure)
      if (!passes(failure)) return
      pause = Math.max(pause, Math.min(longestPause, 1000 * 2 ** this.failures++))
    }
    this.timer = setTimeout(this.now, pause)
  }

  stop() {
    clearTimeout(this.timer)
    this.reading?.abort()
  }
}
