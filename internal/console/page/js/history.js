// The events of an execution. Only the rows that are seen are in the page.
import { get } from './api.js'
import { Component, createRef, html } from './html.js'
import { Command, Copy, Failure, Waiting } from './parts.js'
import { runAddress } from './runs.js'
import { count, duration, milliseconds, thousands } from './words.js'
import { pretty } from './why.js'

const rowHeight = 32 // as in console.css
const beyond = 10 // rows above and below those that are seen

export class History extends Component {
  state = { events: [], top: 0, height: 600 }

  list = createRef()

  componentDidMount() {
    this.read()
    this.resize = new ResizeObserver(([entry]) => this.setState({ height: entry.contentRect.height }))
    this.resize.observe(this.list.current)
  }

  componentWillUnmount() {
    this.gone = true
    clearTimeout(this.timer)
    this.resize.disconnect()
  }

  read = async () => {
    try {
      const all = []
      for (let after; after !== '';) {
        const page = await get(['executions', this.props.arn, 'history'], { after })
        if (this.gone) return
        all.push(...page.events)
        after = page.next
        if (all.length > this.state.events.length) this.setState({ events: named(all), command: page.command, failure: null })
      }
      this.setState({ read: true })
      const last = all[all.length - 1]?.type ?? ''
      if (!/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(last)) this.timer = setTimeout(this.read, this.props.session.local ? 2_000 : 15_000)
    } catch (failure) {
      if (!this.gone) this.setState({ failure })
    }
  }

  go(change) {
    const query = new URLSearchParams(this.props.query)
    for (const [name, value] of Object.entries(change)) {
      if (value) query.set(name, value)
      else query.delete(name)
    }
    location.hash = runAddress(this.props.arn, '/history' + (query.toString() && '?' + query))
  }

  keys = (e, events) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity }[e.key]
    if (!step || events.length === 0) return
    e.preventDefault()
    const at = events.findIndex((v) => String(v.id) === this.props.query.get('event'))
    const to = Math.max(0, Math.min(events.length - 1, at + step))
    this.go({ event: String(events[to].id) })
    const { scrollTop, clientHeight } = this.list.current
    if (to * rowHeight < scrollTop) this.list.current.scrollTop = to * rowHeight
    if ((to + 1) * rowHeight > scrollTop + clientHeight) this.list.current.scrollTop = (to + 1) * rowHeight - clientHeight
  }

  render({ arn, query }, { events, top, height, read, failure, command }) {
    const type = query.get('type') ?? ''
    const state = query.get('state') ?? ''
    const chosen = query.get('event')
    const shown = events.filter((e) => (!type || e.type === type) && (!state || e.state === state))
    const first = Math.max(0, Math.floor(top / rowHeight) - beyond)
    const rows = shown.slice(first, Math.ceil((top + height) / rowHeight) + beyond)
    const times = new Map(events.map((e) => [e.id, e.at]))
    const options = (name) => [...new Set(events.map((e) => e[name]).filter(Boolean))].sort()
    const select = (name, word, value) => html`<label>${word} <select value=${value} onChange=${(e) => this.go({ [name]: e.target.value, event: null })}>
      <option value="">all</option>${options(name).map((o) => html`<option value=${o} selected=${o === value}>${o}</option>`)}</select></label>`
    return html`<main>
      <h1>History</h1>
      <div class="filters">${select('type', 'Type', type)}${select('state', 'State', state)}<span class="dim" role="status">${shown.length === events.length ? count(events.length, 'event') : `${thousands(shown.length)} of ${count(events.length, 'event')}`}</span></div>
      <${Failure} of=${failure}/>
      ${!read && !failure && events.length === 0 && html`<${Waiting}/>`}
      <div class=${chosen ? 'split' : ''}>
        <div class="events" role="listbox" aria-label="Events" tabindex="0" ref=${this.list} aria-activedescendant=${chosen ? 'event-' + chosen : undefined}
          onScroll=${(e) => this.setState({ top: e.target.scrollTop })} onKeyDown=${(e) => this.keys(e, shown)}>
          <div class="space" style=${{ height: `${shown.length * rowHeight}px` }}>
            ${rows.map((e, i) => html`<div key=${e.id} id=${'event-' + e.id} class="event" role="option" aria-selected=${String(e.id) === chosen} aria-posinset=${first + i + 1} aria-setsize=${shown.length}
              style=${{ top: `${(first + i) * rowHeight}px` }} onClick=${() => this.go({ event: String(e.id) })}>
              <span class="n">${thousands(e.id)}</span><time>${milliseconds(e.at)}</time><span class="gap" title="since the event before it">${gap(e, times)}</span><span class=${/Failed|TimedOut|Aborted/.test(e.type) ? 'type bad' : 'type'}>${/Failed|TimedOut|Aborted/.test(e.type) && html`<span aria-hidden="true">✗ </span>`}${e.type}</span><span class="state">${e.state}</span></div>`)}
          </div>
        </div>
        ${chosen && html`<${Event} key=${chosen} arn=${arn} id=${chosen} close=${() => this.go({ event: null })}/>`}
      </div>
      <${Command} text=${command}/>
    </main>`
  }
}

// gap returns how long after the event that led to it an event happened.
function gap(e, times) {
  const before = times.get(e.previous)
  return before ? '+' + duration(Math.max(0, new Date(e.at) - new Date(before))) : ''
}

// named gives events the state of the event before, over the borders of pages.
function named(events) {
  const states = new Map()
  return events.map((e) => {
    const state = e.state || (e.type.startsWith('Execution') ? '' : states.get(e.previous) ?? '')
    states.set(e.id, state)
    return state === e.state ? e : { ...e, state }
  })
}

// Event shows what an event carries.
class Event extends Component {
  state = {}

  async componentDidMount() {
    try {
      this.setState({ event: await get(['executions', this.props.arn, 'history', this.props.id]) })
    } catch (failure) {
      this.setState({ failure })
    }
  }

  render({ id, close }, { event, failure }) {
    const details = Object.entries(event?.details ?? {})
    return html`<section class="item" aria-label=${'Event ' + id}>
      <h2>Event ${thousands(Number(id))} <button type="button" class="quiet" onClick=${close}>close</button></h2>
      <${Failure} of=${failure}/>
      ${event && html`<p><b>${event.type}</b> <span class="dim">${milliseconds(event.at)}, after event ${event.previous}</span></p>
        ${details.map(([name, value]) => {
          const text = typeof value === 'string' ? value : JSON.stringify(value)
          return html`<h3>${name} <${Copy} text=${text} what=${name}/></h3><pre tabindex="0">${pretty(text)}</pre>`
        })}
        ${details.length === 0 && html`<p class="dim">It carries nothing.</p>`}
        <${Command} text=${event.command}/>`}
    </section>`
  }
}
