// The events of an execution.
import { get } from './api.js'
import { Component, html } from './html.js'
import { focusList, List } from './list.js'
import { Command, Copy, Failure, Waiting } from './parts.js'
import { Poll } from './poll.js'
import { changed, runAddress } from './runs.js'
import { count, duration, milliseconds, thousands } from './words.js'
import { pretty } from './pretty.js'

export class History extends Component {
  state = indexed([])

  all = [] // the events of the pages that are full
  last = { after: undefined } // where the last page begins

  componentDidMount() {
    this.poll = new Poll({ read: this.read, pause: this.props.session.local ? 2_000 : 15_000, failed: (failure) => this.setState({ failure }) })
  }

  componentWillUnmount() { this.poll.stop() }

  read = async (signal) => {
    let events
    // Of an execution that runs, only the last page is read again.
    for (let next; next !== '';) {
      const page = await this.page(signal)
      events = this.all.concat(page.events)
      next = page.next
      if (next) {
        this.all = events
        this.last.after = next
      }
      if (events.length !== this.state.events.length) this.setState({ ...indexed(events), command: page.command })
    }
    this.setState({ read: true, failure: null })
    return !/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(events.at(-1)?.type ?? '')
  }

  // page reads the last page.
  async page(signal) {
    const { arn } = this.props
    try {
      return await get(['executions', arn, 'history'], { after: this.last.after }, signal)
    } catch (failure) {
      if (failure.status !== 400 || !this.last.after) throw failure
      this.all = [] // a place is kept for a day
      this.last.after = undefined
      return get(['executions', arn, 'history'], {}, signal)
    }
  }

  // shown returns the events of the filters. It is asked whenever the list scrolls.
  shown(events, type, state) {
    const { of } = this
    if (of?.events !== events || of.type !== type || of.state !== state) {
      this.of = { events, type, state, shown: events.filter((e) => (!type || e.type === type) && (!state || e.state === state)) }
    }
    return this.of.shown
  }

  go(change) {
    location.hash = runAddress(this.props.arn, '/history' + changed(this.props.query, change))
  }

  render({ arn, query }, { events, times, types, states, read, failure, command }) {
    const type = query.get('type') ?? ''
    const state = query.get('state') ?? ''
    const chosen = query.get('event')
    const shown = this.shown(events, type, state)
    const select = (name, word, value, options) => html`<label>${word} <select value=${value} onChange=${(e) => this.go({ [name]: e.target.value, event: null })}>
      <option value="">all</option>${options.map((o) => html`<option value=${o} selected=${o === value}>${o}</option>`)}</select></label>`
    return html`<main>
      <h1>History</h1>
      <div class="filters">${select('type', 'Type', type, types)}${select('state', 'State', state, states)}<span class="dim" role="status">${shown.length === events.length ? count(events.length, 'event') : `${thousands(shown.length)} of ${count(events.length, 'event')}`}</span></div>
      <${Failure} of=${failure} again=${this.poll?.now}/>
      ${!read && !failure && events.length === 0 && html`<${Waiting}/>`}
      <div class=${chosen ? 'split' : ''}>
        <${List} look="event" name="Events" rows=${shown} id=${(e) => String(e.id)} chosen=${chosen} eager=${true} choose=${(e) => this.go({ event: String(e.id) })} show=${(e) => html`
          <span class="n">${thousands(e.id)}</span><time>${milliseconds(e.at)}</time><span class="gap" title="since the event before it">${gap(e, times)}</span><span class=${/Failed|TimedOut|Aborted/.test(e.type) ? 'type bad' : 'type'}>${/Failed|TimedOut|Aborted/.test(e.type) && html`<span aria-hidden="true">✗ </span>`}${e.type}</span><span class="state">${e.state}</span>`}/>
        ${chosen && html`<${Event} key=${chosen} arn=${arn} id=${chosen} close=${() => { this.go({ event: null }); focusList() }}/>`}
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

// indexed returns events with what their list needs of all of them.
function indexed(all) {
  const events = named(all)
  const names = (of) => [...new Set(events.map(of).filter(Boolean))].sort()
  return { events, times: new Map(events.map((e) => [e.id, e.at])), types: names((e) => e.type), states: names((e) => e.state) }
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

  componentDidMount() { this.read() }

  read = async () => {
    this.setState({ failure: null })
    try {
      this.setState({ event: await get(['executions', this.props.arn, 'history', this.props.id]) })
    } catch (failure) {
      this.setState({ failure })
    }
  }

  render({ id, close }, { event, failure }) {
    const details = Object.entries(event?.details ?? {}).filter(([, value]) => value?.Truncated !== false) // nothing is left out
    return html`<section class="item" aria-label=${'Event ' + id} onKeyDown=${(e) => e.key === 'Escape' && close()}>
      <h2>Event ${thousands(Number(id))} <button type="button" class="quiet" onClick=${close}>close</button></h2>
      <${Failure} of=${failure} again=${this.read}/>
      ${event && html`<p><b>${event.type}</b> <span class="dim">${milliseconds(event.at)}${event.previous > 0 && `, after event ${thousands(event.previous)}`}</span></p>
        ${details.map(([name, value]) => {
          const text = typeof value === 'string' ? value : JSON.stringify(value)
          return html`<h3>${name} <${Copy} text=${text} what=${name}/></h3><pre tabindex="0">${pretty(text)}</pre>`
        })}
        ${details.length === 0 && html`<p class="dim">It carries nothing.</p>`}
        <${Command} text=${event.command}/>`}
    </section>`
  }
}
