// Whether the console answers. While it does not, one request asks again and again for all
// views, because a browser writes an error for each request that fails.
const longestPause = 30_000

let back = null // while the console does not answer: a promise that is kept when it does
let wake = () => {}
const listeners = new Set()

// listen calls on with whether the console is lost, whenever that changes. It returns what
// ends that.
export function listen(on) {
  listeners.add(on)
  return () => listeners.delete(on)
}

const say = (lost) => { for (const on of listeners) on(lost) }

// seen waits until the page is seen.
const seen = () => document.hidden && new Promise((done) => { document.addEventListener('visibilitychange', done, { once: true }) })

async function ask() {
  say(true)
  for (let pause = 1000; ; pause = Math.min(2 * pause, longestPause)) {
    await new Promise((done) => { setTimeout(done, pause); wake = done })
    await seen()
    try {
      await fetch('/icon.svg', { method: 'HEAD' }) // it needs no token
      break
    } catch { /* not yet */ }
  }
  back = null
  say(false)
}

// whenBack says that a request had no answer. It returns a promise that is kept when the console
// answers again.
export function whenBack() {
  back ??= ask()
  return back
}

// tryNow asks without a pause.
export const tryNow = () => wake()
