// The HTTP API of the console. Its token is in the address that the console has printed, after the
// #, which a browser does not send; in the address with which the console has opened the browser
// there is a code in its place, which is exchanged for the token once. The token is kept for
// this address, port included, so that a reload and another tab have it, and removed from the
// address, so that the history of the browser has not.
const key = 'mapjob-token'

// takeToken returns whether this page has a token. It throws an APIError if a code is used up.
export async function takeToken() {
  const [, kind, secret] = /^#(token|code)=([0-9a-f]+)$/.exec(location.hash) ?? []
  if (kind) history.replaceState(null, '', '/#/')
  if (kind === 'token') localStorage.setItem(key, secret)
  if (kind === 'code') {
    try {
      localStorage.setItem(key, (await post(['code'], { code: secret })).token)
    } catch (failure) {
      if (localStorage.getItem(key) === null) throw failure
    }
  }
  return localStorage.getItem(key) !== null
}

const headers = (more) => ({ Authorization: 'Bearer ' + (localStorage.getItem(key) ?? ''), ...more })

// An error of the API, with its status; 0 if the console does not answer.
export class APIError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

async function send(path, init) {
  let answer
  try {
    answer = await fetch(path, init)
  } catch (err) {
    if (err.name === 'AbortError') throw err
    throw new APIError(0, 'the console does not answer: is mapjob console still running?')
  }
  if (answer.ok) return answer
  let message = answer.statusText
  try {
    message = (await answer.json()).error
  } catch { /* not of the console */ }
  throw new APIError(answer.status, message)
}

// address returns a path of the API, with the parameters that have a value.
export function address(parts, parameters = {}) {
  const q = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== '') q.append(name, one)
  }
  const search = q.toString()
  return '/api/' + parts.map(encodeURIComponent).join('/') + (search && '?' + search)
}

export async function get(parts, parameters, signal) {
  return (await send(address(parts, parameters), { headers: headers(), signal })).json()
}

export async function text(parts, signal) {
  return (await send(address(parts), { headers: headers(), signal })).text()
}

export async function post(parts, body) {
  return (await send(address(parts), { method: 'POST', headers: headers({ 'Content-Type': 'application/json' }), body: JSON.stringify(body) })).json()
}

const longestPause = 30_000

// follow calls on[event] with what an execution's events carry until it has ended or the
// function that it returns is called; on.end has the error if it can't be followed. After a broken connection it connects again, less
// and less often; on.lost is called with the reason, and on.found when it is back.
export function follow(arn, on) {
  const stop = new AbortController()
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); stop.signal.addEventListener('abort', done) })
  const run = async () => {
    for (let pause = 500; !stop.signal.aborted; pause = Math.min(2 * pause, longestPause)) {
      try {
        const answer = await send(address(['executions', arn, 'events']), { headers: headers(), signal: stop.signal })
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
        for (let rest = ''; ;) {
          const { value, done } = await reader.read()
          if (done) break
          rest += value
          const messages = rest.split('\n\n')
          rest = messages.pop()
          for (const message of messages) {
            const event = /^event: (.*)$/m.exec(message)?.[1]
            const data = JSON.parse(/^data: (.*)$/m.exec(message)?.[1] ?? 'null')
            pause = 500
            on.found?.()
            if (event === 'end') {
              on.end?.(data)
              return
            }
            on[event]?.(data)
          }
        }
        on.lost?.('the connection to the console was closed')
      } catch (err) {
        if (stop.signal.aborted) return
        if (err.status === 401 || err.status === 400) {
          on.end?.({ error: err.message })
          return
        }
        on.lost?.(err.message)
      }
      await wait(pause)
    }
  }
  run()
  return () => stop.abort()
}
