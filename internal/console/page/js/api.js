// The HTTP API of the console. Its token is in the address that the console has printed, after the
// #, which a browser does not send; in the address with which the console has opened the browser
// there is a code in its place, which is exchanged for the token once. The token is kept for
// this address, port included, so that a reload and another tab have it, and removed from the
// address, so that the history of the browser has not.
import { whenBack } from './connection.js'

const key = 'mapjob-token'

let token = null // that this page has got: the browser may keep nothing

function keep(secret) {
  token = secret
  try {
    localStorage.setItem(key, secret)
  } catch { /* it is not allowed, or full */ }
}

function kept() {
  try {
    return token ?? localStorage.getItem(key)
  } catch {
    return token
  }
}

let code // of the address, until it was exchanged or refused

// takeToken returns whether this page has a token. It throws an APIError if the console refuses a
// code, also if there is a token: somebody else may have used the code.
export async function takeToken() {
  const [, kind, secret] = /^#(token|code)=([0-9a-f]+)$/.exec(location.hash) ?? []
  if (kind) history.replaceState(null, '', '/#/')
  if (kind === 'token') keep(secret)
  if (kind === 'code') code = secret
  if (code) {
    try {
      keep((await post(['code'], { code })).token)
      code = undefined
    } catch (failure) {
      if (failure.status !== 0) code = undefined
      throw failure
    }
  }
  return kept() !== null
}

// onToken calls on when another tab has got a token.
export function onToken(on) {
  addEventListener('storage', (e) => {
    if (e.key !== key || !e.newValue) return
    token = e.newValue
    on()
  })
}

let refused = () => {}

// onRefused calls on with the error when the console refuses the token.
export function onRefused(on) { refused = on }

const headers = (more) => ({ Authorization: 'Bearer ' + (kept() ?? ''), ...more })

// An error of the API, with its status; 0 if the console does not answer.
export class APIError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

// send sends one request, and takes what its answer has.
async function send(path, init, take) {
  let answer
  try {
    answer = await fetch(path, init)
    if (answer.ok) return await take(answer)
  } catch (err) {
    if (!(err instanceof TypeError)) throw err // it was aborted
    throw new APIError(0, 'the console does not answer: is mapjob console still running?')
  }
  let message = answer.statusText
  try {
    message = (await answer.json()).error
  } catch (err) {
    if (init.signal?.aborted) throw err
    // else it is not an answer of the console
  }
  const failure = new APIError(answer.status, message)
  if (failure.status === 401) refused(failure)
  throw failure
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

const mostTries = 5

// read asks for something. If the console does not answer, it waits until it does, and asks again.
async function read(path, signal, take) {
  for (let tries = 1; ; tries++) {
    try {
      return await send(path, { headers: headers(), signal }, take)
    } catch (failure) {
      if (failure.status !== 0 || tries === mostTries) throw failure
    }
    await whenBack()
    signal?.throwIfAborted()
  }
}

export const get = (parts, parameters, signal) => read(address(parts, parameters), signal, (answer) => answer.json())

export const text = (parts, signal) => read(address(parts), signal, (answer) => answer.text())

export const post = (parts, body) => send(address(parts), { method: 'POST', headers: headers({ 'Content-Type': 'application/json' }), body: JSON.stringify(body) }, (answer) => answer.json())

const longestPause = 30_000

// follow calls on[event] with what an execution's events carry until the execution has ended. It
// throws if the execution can't be followed. After a broken connection it connects again.
export async function follow(arn, on, signal) {
  for (let pause = 500; ; pause = Math.min(2 * pause, longestPause)) {
    const body = await read(address(['executions', arn, 'events']), signal, (answer) => answer.body)
    try {
      for await (const [event, data] of messages(body)) {
        pause = 500
        if (event === 'end') {
          if (data.error) throw new APIError(502, data.error)
          return
        }
        on[event]?.(data)
      }
    } catch (err) {
      if (signal.aborted || err instanceof APIError) throw err
    }
    await new Promise((done) => { setTimeout(done, pause) })
    signal.throwIfAborted()
  }
}

// messages yields the messages of a stream of Server-Sent Events: the event and its data.
async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (let rest = ''; ;) {
    const { value, done } = await reader.read()
    if (done) return
    rest += value
    const all = rest.split('\n\n')
    rest = all.pop()
    for (const one of all) yield [/^event: (.*)$/m.exec(one)?.[1], JSON.parse(/^data: (.*)$/m.exec(one)?.[1] ?? 'null')]
  }
}
