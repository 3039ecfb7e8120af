// The dialog that runs failed items again: which errors, in which batches, how many items.
import { get, post } from './api.js'
import { Component, createRef, html } from './html.js'
import { Comparison } from './run.js'
import { Command, Failure, Status, Waiting } from './parts.js'
import { Poll } from './poll.js'
import { runAddress } from './runs.js'
import { count, thousands } from './words.js'

export class Retry extends Component {
  box = createRef()

  constructor({ errors, chosen }) {
    super()
    this.state = { on: new Set(errors.map((e) => e.error).filter((e) => chosen.length === 0 || chosen.includes(e))), batch: '' }
  }

  componentDidMount() {
    this.box.current.showModal()
    this.plan()
  }

  componentWillUnmount() { this.poll?.stop() }

  body() {
    const { errors, search } = this.props
    const { on, batch } = this.state
    const all = errors.every((e) => on.has(e.error))
    return { errors: all ? [] : errors.map((e) => e.error).filter((e) => on.has(e)), search, batchSize: batch === '' ? 0 : Number(batch) }
  }

  // wrong says why a size of batches is none.
  wrong() {
    const { batch } = this.state
    return batch === '' || /^[1-9]\d{0,8}$/.test(batch) ? '' : `Items in a batch: got ${batch}, expected a whole number, 1 or more.`
  }

  plan = async () => {
    const asked = this.asked = {}
    if (this.state.on.size === 0 || this.wrong()) {
      this.setState({ plan: null, failure: null })
      return
    }
    try {
      const plan = await post(['executions', this.props.arn, 'plan'], this.body())
      if (this.asked === asked) this.setState({ plan, failure: null })
    } catch (failure) {
      if (this.asked === asked) this.setState({ failure, plan: null })
    }
  }

  toggle(error) {
    const on = new Set(this.state.on)
    if (!on.delete(error)) on.add(error)
    this.setState({ on, plan: null }, this.plan)
  }

  start = async () => {
    this.setState({ starting: true, failure: null })
    try {
      const { execution } = await post(['executions', this.props.arn, 'rerun'], { ...this.body(), count: this.state.plan.count })
      this.setState({ started: execution, starting: false })
      this.poll = new Poll({ read: (signal) => this.look(execution, signal), pause: this.props.session.local ? 500 : 5000, failed: (lost) => this.setState({ failure: lost }) })
    } catch (failure) {
      this.setState({ failure, starting: false })
    }
  }

  look = async (execution, signal) => {
    const run = await get(['executions', execution], {}, signal)
    this.setState({ run, failure: null })
    return run.status === 'RUNNING'
  }

  render({ errors, search, session, close }, { on, batch, plan, failure, starting, started, run }) {
    const may = session.local || session.actions
    return html`<dialog ref=${this.box} aria-labelledby="retry" onClose=${close}>
      <h2 id="retry">Run failed items again</h2>
      ${!started && html`
        <p class="dim">${search ? `Items that have the text “${search}”, by the error that they had:` : 'Items by the error that they had:'}</p>
        <ul class="choices">${errors.map((e) => html`<li key=${e.error}><label><input type="checkbox" checked=${on.has(e.error)} disabled=${starting} onChange=${() => this.toggle(e.error)}/>
          <span>${e.error}</span><span class="n">${thousands(e.count)}</span></label></li>`)}</ul>
        <label class="field">Items in a batch, at most <input type="number" min="1" value=${batch} placeholder="as before" disabled=${starting} onInput=${(e) => this.setState({ batch: e.target.value, plan: null }, this.plan)}/></label>
        <p class="dim small">Batches of 1 find the item that ends its worker.</p>
        <${Failure} of=${failure}/>
        ${this.wrong() && html`<p class="note" role="status">${this.wrong()}</p>`}
        ${starting && html`<${Waiting} what=${session.local ? 'starting the parts of the run' : 'starting'}/>`}
        ${plan && html`<p role="status"><b>${count(plan.count, 'item')}</b> will run again.${plan.unknown > 0 && ` ${count(plan.unknown, 'other item')} can't: they are not stored.`}</p>`}
        ${on.size === 0 && html`<p role="status">Choose an error.</p>`}
        ${!may && html`<p class="note">This console only reads. Start it with --allow-actions, or type the command.</p>`}
        <p class="actions">
          ${may && html`<button type="button" class="primary" disabled=${!plan || plan.count === 0 || starting} onClick=${this.start}>${plan ? `Run ${count(plan.count, 'item')} again` : 'Run them again'}</button>`}
          <button type="button" disabled=${starting} onClick=${() => this.box.current.close()}>Cancel</button></p>
        <${Command} text=${plan?.command}/>`}
      ${started && html`
        <p>Started <a href=${runAddress(started)}>${started.split(':').pop()}</a> ${run && html`<${Status} of=${run}/>`}</p>
        <${Failure} of=${failure}/>
        ${run?.status === 'RUNNING' && html`<p class="dim" role="status">${run.mapRuns.map((m) => `${thousands(m.handled + m.failed)} of ${count(m.total, 'item')} done`).join(', ') || 'starting'}</p>`}
        ${run?.error && html`<p class="failure">${run.error}: ${run.cause}</p>`}
        ${run?.account?.comparison && html`<${Comparison} of=${run.account.comparison}/>`}
        <p class="actions"><button type="button" onClick=${() => this.box.current.close()}>Close</button></p>`}
    </dialog>`
  }
}
