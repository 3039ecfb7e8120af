// The list of executions.
import { get } from './api.js'
import { Component, html } from './html.js'
import { Command, Failure, Status, Waiting } from './parts.js'
import { Poll } from './poll.js'
import { clock, duration, thousands } from './words.js'

const every = { local: 2_000, aws: 20_000 }

export const runAddress = (arn, view = '') => '#/x/' + encodeURIComponent(arn) + view

// changed returns parameters as they stand in an address, with changes: of a list each value is
// one, and a parameter without a value is removed.
export function changed(query, change) {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(change)) {
    next.delete(name)
    for (const one of [value].flat()) if (one !== '' && one !== null) next.append(name, one)
  }
  return next.toString() && '?' + next
}

export class Runs extends Component {
  state = { limit: 50 }

  componentDidMount() {
    const pause = this.props.session.local ? every.local : every.aws
    this.poll = new Poll({ read: this.read, pause, failed: (failure) => this.setState({ failure }) })
  }

  componentDidUpdate(before) {
    if (before.query.toString() !== this.props.query.toString()) this.poll.now()
  }

  componentWillUnmount() { this.poll.stop() }

  read = async (signal) => {
    const { query } = this.props
    const list = await get(['executions'], { status: query.get('status'), job: query.get('job'), limit: this.state.limit }, signal)
    this.setState({ list, failure: null })
  }

  choose(name, value) {
    location.hash = '#/' + changed(this.props.query, { [name]: value })
  }

  render({ query }, { list, failure, limit }) {
    const status = query.get('status') ?? ''
    return html`<main>
      <h1>Runs</h1>
      <div class="filters">
        <label>Status <select value=${status} onChange=${(e) => this.choose('status', e.target.value)}>
          ${['', 'running', 'succeeded', 'failed', 'timed_out', 'aborted'].map((s) => html`<option value=${s} selected=${s === status}>${({ '': 'all', timed_out: 'timed out', aborted: 'stopped' })[s] ?? s}</option>`)}
        </select></label>
        ${list?.jobs.length > 1 && html`<label>Job <select value=${query.get('job') ?? ''} onChange=${(e) => this.choose('job', e.target.value)}>
          <option value="">all</option>
          ${list.jobs.map((j) => html`<option value=${j.arn} selected=${j.arn === query.get('job')}>${j.name}</option>`)}
        </select></label>`}
      </div>
      <${Failure} of=${failure} again=${this.poll?.now}/>
      ${!list ? !failure && html`<${Waiting}/>` : html`
        ${list.executions.length === 0 && html`<p>${status ? `No execution is ${status.replace('_', ' ')}.` : 'There is no execution yet. It appears here when it starts.'}</p>`}
        ${list.executions.length > 0 && html`<div class="table" tabindex="0"><table class="rows runs">
          <thead><tr><th>execution</th><th>status</th><th class="n">items</th><th class="n">failed</th><th class="n">took</th><th>started</th><th>job</th></tr></thead>
          <tbody>${list.executions.map((x) => html`<${Row} key=${x.execution + x.startedAt} of=${x}/>`)}</tbody>
        </table></div>`}
        ${list.executions.length === limit && html`<p><button type="button" onClick=${() => this.setState({ limit: limit + 100 }, this.poll.now)}>Show more</button></p>`}
        <${Command} text=${list.command}/>`}
    </main>`
  }
}

function Row({ of: x }) {
  const took = (x.stoppedAt ? new Date(x.stoppedAt) : new Date()) - new Date(x.startedAt)
  return html`<tr>
    <td><a href=${runAddress(x.execution)}>${x.name}</a>${x.error && html`<br/><span class="dim small">${x.error}</span>`}</td>
    <td><${Status} of=${x}/></td>
    <td class="n" data-label="items">${x.account ? thousands(x.account.total) : '–'}</td>
    <td class=${x.failed > 0 ? 'n some' : 'n'} data-label="failed">${x.account ? thousands(x.failed) : '–'}</td>
    <td class="n" data-label="took">${duration(Math.max(0, took))}</td>
    <td data-label="started">${clock(x.startedAt)}</td>
    <td class="job">${x.job}</td>
  </tr>`
}
