// Why items failed: the errors, the items of one, and an item with its log.
import { get } from './api.js'
import { Component, html } from './html.js'
import { focusList, List } from './list.js'
import { Command, Copy, Failure, Waiting } from './parts.js'
import { pretty } from './pretty.js'
import { Retry } from './retry.js'
import { changed, runAddress } from './runs.js'
import { bytes, clock, count, duration, milliseconds, thousands } from './words.js'

export class Why extends Component {
  state = {}
  places = {} // cursors of items by index: an item of the list is read at once

  componentDidMount() { this.read() }

  componentDidUpdate(before) {
    if (before.query.get('search') !== this.props.query.get('search')) this.read()
    // The dialog is about the filter that was.
    if (this.state.retrying && before.query.toString() !== this.props.query.toString()) this.setState({ retrying: false })
  }

  componentWillUnmount() { this.reading?.abort() }

  filter() {
    const { query } = this.props
    return { error: query.getAll('error'), search: query.get('search') ?? '' }
  }

  read = async () => {
    this.reading?.abort()
    const reading = this.reading = new AbortController()
    this.setState({ counting: true, failure: null })
    try {
      const failures = await get(['executions', this.props.arn, 'failures'], { search: this.filter().search }, reading.signal)
      this.setState({ failures, counting: false })
    } catch (failure) {
      if (failure.name !== 'AbortError') this.setState({ failure, counting: false })
    }
  }

  go(change) {
    location.hash = runAddress(this.props.arn, '/why' + changed(this.props.query, change))
  }

  search = (e) => {
    e.preventDefault()
    this.go({ search: new FormData(e.target).get('search').trim(), item: null })
  }

  render({ arn, session, query }, { failures, failure, counting, retrying }) {
    const { error, search } = this.filter()
    const item = /^\d+$/.test(query.get('item') ?? '') ? query.get('item') : null // it may be typed
    const chosen = failures?.errors.filter((e) => error.length === 0 || error.includes(e.error)) ?? []
    const n = error.length === 0 ? failures?.count ?? 0 : chosen.reduce((sum, e) => sum + e.count, 0) // the list may not have all errors
    return html`<main>
      <h1>Why did items fail?</h1>
      <form class="filters" role="search" onSubmit=${this.search}>
        <label>Text of the item <input type="search" name="search" defaultValue=${search} key=${search} placeholder="an order, a customer, …"/></label>
        <button type="submit">Search</button>
        ${(search || error.length > 0) && html`<button type="button" class="quiet" onClick=${() => this.go({ search: null, error: [], item: null })}>Show all</button>`}
      </form>
      ${failure?.status === 409 ? html`<p class="note">${failure.message}</p><p class="actions"><button type="button" onClick=${this.read}>Try again</button></p>` : html`<${Failure} of=${failure} again=${this.read}/>`}
      ${counting && html`<${Waiting} what=${search ? 'searching all failed items' : 'counting'}/>`}
      ${failures && html`
        ${failures.unknown > 0 && html`<p class="note">${count(failures.unknown, 'item')} ${failures.unknown === 1 ? 'is' : 'are'} not stored, or removed since.</p>`}
        ${failures.errors.length === 0 && !counting && html`<p>${search ? `No failed item has the text “${search}”.` : 'No item failed.'}</p>`}
        ${failures.errors.length > 0 && html`<div class="table" tabindex="0"><table class="rows errors">
          <thead><tr><th>error</th><th class="n">items</th><th class="n">share</th><th><span class="hidden">share of the failed items</span></th><th>first</th><th>last</th><th>for example</th></tr></thead>
          <tbody>${failures.errors.map((e) => html`<tr key=${e.error} class=${error.includes(e.error) ? 'chosen' : ''}>
            <td><button type="button" class="link" aria-pressed=${error.includes(e.error)} onClick=${() => this.go({ error: error.includes(e.error) ? error.filter((other) => other !== e.error) : [...error, e.error], item: null })}>${e.error}</button></td>
            <td class="n">${thousands(e.count)}</td><td class="n">${e.percent.toFixed(1)}%</td>
            <td class="meter"><div style=${{ width: `${e.percent}%` }}></div></td>
            ${e.first ? ['first', 'last'].map((name) => html`<td class="time" data-label=${name} title=${e[name]}>${clock(e[name])}</td>`) : html`<td class="time dim" colspan="2">— ${e.noTimes}</td>`}
            <td class="example">${e.example}</td></tr>`)}</tbody></table></div>`}
        ${failures.errors.length > 0 && n === 0 && html`<p>No failed item has the error ${error.join(', ')}.</p>`}
        ${failures.others > 0 && html`<p class="dim">and ${count(failures.others, 'other error')}</p>`}
        ${n > 0 && html`<p class="actions"><button type="button" class="primary" onClick=${() => this.setState({ retrying: true })}>Retry all ${thousands(n)}</button>
          <span class="dim">${error.length === 0 && !search ? 'every item that failed' : 'every item of this filter, not only those that are shown'}</span></p>`}
        <div class=${item === null ? '' : 'split'}>
          ${n > 0 && html`<${Items} key=${JSON.stringify([error, search])} arn=${arn} filter=${{ error, search }} of=${n} chosen=${item} choose=${(i) => { this.places[i.index] = i.at; this.go({ item: String(i.index) }) }}/>`}
          ${item !== null && html`<${Item} key=${item} arn=${arn} index=${item} at=${this.places[item]} close=${() => { this.go({ item: null }); focusList() }}/>`}
        </div>
        <${Command} text=${failures.command}/>`}
      ${retrying && html`<${Retry} arn=${arn} session=${session} errors=${failures.errors} chosen=${error} search=${search} close=${() => this.setState({ retrying: false })}/>`}
    </main>`
  }
}

// Items lists the items of a filter, and reads on when the last ones are seen.
class Items extends Component {
  state = { items: [], read: 0, next: '' }

  componentWillUnmount() { this.reading?.abort() }

  more = async () => {
    if (this.reading) return
    const { signal } = this.reading = new AbortController()
    this.setState({ busy: true, failure: null })
    try {
      for (let found = 0, { next } = this.state, done = false; found === 0 && !done;) {
        const page = await get(['executions', this.props.arn, 'items'], { ...this.props.filter, after: next, limit: 100 }, signal)
        found = page.items.length
        next = page.next
        done = page.done
        this.setState((s) => ({ items: [...s.items, ...page.items], next, read: page.read, done, command: page.command }))
      }
    } catch (failure) {
      if (signal.aborted) return
      this.setState({ failure })
    }
    this.reading = null
    this.setState({ busy: false })
  }

  render({ of, chosen, choose }, { items, read, done, busy, failure, command }) {
    return html`<section aria-label="Items"><h2>${done ? count(items.length, 'item') : `The first ${thousands(items.length)} of ${count(of, 'item')}`}</h2>
      <${List} look="entry" name="Failed items" rows=${items} of=${done ? items.length : of} id=${(i) => String(i.index)} chosen=${chosen} choose=${choose} more=${!done && !busy && !failure && this.more} show=${(i) => html`
        <span class="index">${thousands(i.index)}</span><span class="error">${i.error}</span><code>${i.item}${i.truncated && '…'}</code>`}/>
      <${Failure} of=${failure} again=${this.more}/>
      ${busy && html`<${Waiting} what=${`searching, ${thousands(read)} read`}/>`}
      <${Command} text=${command} label="All of them"/></section>`
  }
}

// Item shows one item with the lines of its log.
class Item extends Component {
  state = {}

  componentDidMount() { this.read() }

  read = async () => {
    this.setState({ failure: null })
    try {
      this.setState({ item: await get(['executions', this.props.arn, 'items', this.props.index], { at: this.props.at }) })
    } catch (failure) {
      this.setState({ failure })
    }
  }

  render({ index, close }, { item, failure }) {
    return html`<section class="item" aria-label=${'Item ' + index} onKeyDown=${(e) => e.key === 'Escape' && close()}>
      <h2>Item ${thousands(Number(index))} <button type="button" class="quiet" onClick=${close}>close</button></h2>
      <${Failure} of=${failure} again=${this.read}/>
      ${!item && !failure && html`<${Waiting} what="reading the item and its log"/>`}
      ${item && html`
        <p><b>${item.error}</b>${item.cause && html`: <span class="cause">${item.cause}</span>`}</p>
        <dl class="facts">
          <dt>ended</dt><dd>${item.outcome?.endedAt ? milliseconds(item.outcome.endedAt) : html`<span class="dim">— ${item.noOutcome || 'not known'}</span>`}</dd>
          <dt>duration</dt><dd>${item.outcome?.ms !== undefined ? duration(item.outcome.ms) + ', all tries together' : html`<span class="dim">— ${item.outcome?.endedAt ? 'its batch failed as a whole' : 'not known'}</span>`}</dd>
          <dt>attempts</dt><dd>${item.attempt > 0 ? item.attempt : html`<span class="dim">— no line of the log names one</span>`}</dd>
          <dt>another try</dt><dd>${item.outcome ? (item.outcome.retryable ? 'may succeed' : 'the outcome is not marked as retryable') : html`<span class="dim">— not known</span>`}</dd>
          <dt>size</dt><dd>${bytes(item.bytes)}</dd>
        </dl>
        ${item.log?.earlier && html`<p class="dim">item ${thousands(item.log.earlier.index)} of <a href=${runAddress(item.log.earlier.execution, '/why?item=' + item.log.earlier.index)}>the earlier execution</a>, where it failed with ${item.log.earlier.error}</p>`}
        <h3>Item <${Copy} text=${item.item} what="the item"/></h3>
        <pre tabindex="0">${item.truncated ? item.item : pretty(item.item)}</pre>
        ${item.truncated && html`<p class="note">The first 256 KiB of ${bytes(item.bytes)}.</p>`}
        <h3>Log</h3>
        ${item.noLog && html`<p class="note">${item.noLog}</p>`}
        ${item.log?.batchFailure && html`<p>The whole batch of ${count(item.log.batchFailure.items, 'item')} failed with ${item.log.batchFailure.error}.</p>`}
        ${item.lines.length === 0 && !item.noLog && html`<p class="dim">The log has no line about it.</p>`}
        ${item.lines.length > 0 && html`<ol class="log" tabindex="0">${item.lines.map((l) => html`<li class=${l.names ? 'names' : ''}>
          ${l.time && html`<time>${milliseconds(l.time)}</time>`}<span class="text">${l.names && l.message ? html`<b>${l.message}</b> ${l.error} ${l.cause}` : l.text}</span></li>`)}</ol>`}
        ${item.unshown > 0 && html`<p class="dim">and ${count(item.unshown, 'other line')}</p>`}
        <${Command} text=${item.command}/>`}
    </section>`
  }
}
