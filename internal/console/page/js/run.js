// One execution: how far it is, the graph of its state machine, throughput, and the report.
import { follow, get, post, text } from './api.js'
import { Chart, ofSeries, ofTimeline } from './chart.js'
import { Component, createRef, html } from './html.js'
import { Bar, Command, Failure, Status, Waiting } from './parts.js'
import { Poll } from './poll.js'
import { runAddress } from './runs.js'
import { areNumbers, clock, count, duration, share, thousands } from './words.js'

export class Run extends Component {
  state = { series: [] }

  componentDidMount() {
    this.poll = new Poll({ read: this.read, pause: 500, failed: (failure) => this.setState({ failure }) })
    this.ticking = setInterval(() => isRunning(this.state.run ?? {}) && this.setState({ now: Date.now() }), 1000)
  }

  componentWillUnmount() {
    this.poll.stop()
    clearInterval(this.ticking)
  }

  // read reads the execution, and follows it while it runs.
  read = async (signal) => {
    const { arn } = this.props
    const run = await get(['executions', arn], {}, signal)
    this.setState({ run, failure: null })
    if (isRunning(run)) {
      await follow(arn, { status: (changed) => this.setState((s) => ({ run: { ...s.run, ...changed } })), series: (series) => this.setState({ series }) }, signal)
      return true
    }
    try {
      const report = await get(['executions', arn, 'report'], {}, signal)
      this.setState(report.none ? { lacks: { message: report.none } } : { report })
    } catch (lacks) {
      this.setState({ lacks })
    }
    return false
  }

  act = async (what, question) => {
    if (!confirm(question)) return
    try {
      await post(['executions', this.props.arn, what], {})
      this.setState({ refused: null })
      if (what === 'redrive') this.poll.now()
    } catch (refused) {
      this.setState({ refused })
    }
  }

  render({ arn, session }, { run, failure, refused, series, report, lacks }) {
    if (!run) return html`<main><h1>${arn.split(':').pop()}</h1>${failure ? html`<${Failure} of=${failure} again=${this.poll.now}/>` : html`<${Waiting}/>`}</main>`
    const live = isRunning(run)
    const bars = report?.timeline ? [] : ofSeries(series)
    const may = session.local || session.actions
    const took = (run.stoppedAt ? new Date(run.stoppedAt) : Date.now()) - new Date(run.startedAt)
    return html`<main>
      <h1>${run.name} <${Status} of=${run}/></h1>
      <p class="facts dim">${run.job} · started ${clock(run.startedAt)} · ${live ? 'running for ' : 'took '}${duration(Math.max(0, took))}${live && run.state && ` · in state ${run.state}`}</p>
      <${Failure} of=${failure} again=${this.poll.now}/><${Failure} of=${refused}/>
      ${run.delay && html`<p class="note" role="status">${run.delay}</p>`}
      ${run.error && html`<p class="failure"><b>${run.error}</b>${run.cause && html`: <span class="cause">${run.cause}</span>`}</p>`}
      ${run.skipped && html`<p class="note">Skipped, because another execution had the job's lock.</p>`}
      <${Counts} run=${run}/>
      ${run.failed > 0 && html`<p class="actions">
        ${run.hasFailures && html`<a class="button primary" href=${runAddress(arn, '/why')}>Why did ${count(run.failed, 'item')} fail?</a>`}
        ${!run.hasFailures && run.again?.map((line) => html`<span class="dim">${line}</span>`)}
      </p>`}
      ${may && live && html`<p class="actions"><button type="button" onClick=${() => this.act('stop', 'Stop this execution? There is no summary and no report then.')}>Stop</button></p>`}
      ${may && !session.local && ['ABORTED', 'TIMED_OUT', 'FAILED'].includes(run.status) && html`<p class="actions"><button type="button" onClick=${() => this.act('redrive', 'Go on with this execution where it ended?')}>Redrive</button></p>`}
      ${report?.timeline ? html`<${Chart} name="Items a second" bars=${ofTimeline(report.timeline)}/>` : bars.length > 2 && html`<${Chart} name="Items a second" bars=${bars}/>`}
      <${Graph} arn=${arn} run=${run} live=${live} pause=${session.local ? 2_000 : 15_000}/>
      ${report && html`<${Report} of=${report}/>`}
      ${lacks && !live && html`<p class="dim">${lacks.message}</p>`}
      <${Command} text=${run.commands?.[live ? 'status' : 'report']}/>
    </main>`
  }
}

const isRunning = (run) => run.status === 'RUNNING' || run.status === 'PENDING_REDRIVE'

// Counts shows the items: those of the summary if it has answered, else those of the Map Runs.
function Counts({ run }) {
  const a = run.account
  if (a?.total === 0) return html`<p class="dim">${run.status === 'SUCCEEDED' ? 'There were no items.' : 'No item was counted.'}</p>`
  if (a) {
    const parts = [{ count: a.succeeded, look: 'good', word: 'succeeded' }, { count: a.failed, look: 'bad', word: 'failed' }, { count: a.missing ?? 0, look: 'lost', word: 'missing' }]
    return html`<section aria-label="Items"><${Bar} parts=${parts} all=${a.total}/>
      <ul class="counts"><li><b>${thousands(a.total)}</b>items</li>
      ${parts.map((p) => (p.count > 0 || p.word === 'succeeded') && html`<li><b>${thousands(p.count)}</b><span class="dot ${p.look}"></span>${p.word}, ${share(p.count, a.total)}</li>`)}</ul>
      ${a.comparison && html`<${Comparison} of=${a.comparison} earlier=${run.earlier}/>`}</section>`
  }
  return run.mapRuns.map((m) => {
    const parts = [{ count: m.handled, look: 'good', word: 'handled' }, { count: m.failed, look: 'bad', word: 'in batches that failed or were stopped' }, { count: m.running, look: 'busy', word: 'running' }]
    return html`<section key=${m.mapRun} aria-label="Map Run"><${Bar} parts=${parts} all=${m.total}/>
      <ul class="counts"><li><b>${thousands(m.handled + m.failed)}</b>of ${count(m.total, 'item')}</li>
      ${parts.map((p) => p.count > 0 && html`<li><b>${thousands(p.count)}</b><span class="dot ${p.look}"></span>${p.word}</li>`)}</ul>
      ${m.pace && html`<p class="pace">${m.pace}</p>`}</section>`
  })
}

// Comparison says what became of the items of a rerun. Without earlier, the page is that of the earlier
// execution.
export function Comparison({ of: c, earlier }) {
  const rows = [['recovered', c.recovered, 'good'], ['failed the same way', c.sameError, 'bad'], ['failed otherwise', c.otherError, 'bad'], ['failed, earlier error not known', c.unknown, 'bad']]
  return html`<section class="comparison"><h2>Compared with ${earlier ? html`<a href=${runAddress(earlier)}>${earlier.split(':').pop()}</a>` : 'the earlier execution'}</h2>
    <ul class="counts">${rows.map(([word, n, look]) => n > 0 && html`<li><b>${thousands(n)}</b><span class="dot ${look}"></span>${word}</li>`)}</ul></section>`
}

// Graph draws the state machine as the server has laid it out. The drawing is parsed as XML,
// and its style is that of graph.css.
class Graph extends Component {
  box = createRef()
  leaving = new AbortController()

  componentDidMount() {
    this.draw()
    // The status counts the items of a Distributed Map only.
    this.ticking = setInterval(() => this.props.live && this.props.run.mapRuns.length === 0 && this.soon(true), this.props.pause)
    this.resize = new ResizeObserver(() => this.reveal())
    this.resize.observe(this.box.current)
    // Not scroll: the browser scrolls, too, when the box changes its size.
    for (const by of ['wheel', 'touchmove', 'pointerdown', 'keydown']) this.box.current.addEventListener(by, () => { this.moved = true }, { passive: true })
  }

  componentDidUpdate(before) {
    const { run, live } = this.props
    if (run.state !== before.run.state || run.status !== before.run.status || done(run) !== done(before.run)) this.soon(live)
  }

  componentWillUnmount() {
    clearTimeout(this.timer)
    clearInterval(this.ticking)
    this.leaving.abort()
    this.resize.disconnect()
  }

  // soon draws again, at most once in two seconds while the execution runs.
  soon(live) {
    if (this.timer && live) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => { this.timer = null; this.draw() }, live ? 2000 : 0)
  }

  // draw draws once at a time, so that no drawing replaces a later one. What changes meanwhile is
  // drawn after it.
  draw = async () => {
    if (this.drawing) {
      this.stale = true
      return
    }
    this.drawing = true
    this.stale = false
    try {
      const drawing = new DOMParser().parseFromString(await text(['executions', this.props.arn, 'graph'], this.leaving.signal), 'image/svg+xml').documentElement
      if (drawing.localName !== 'svg') throw new Error('the drawing of the state machine is not an SVG')
      this.box.current.replaceChildren(document.importNode(drawing, true))
      this.reveal()
      this.setState({ failure: null, lacks: drawing.querySelector(':scope > desc')?.textContent })
    } catch (failure) {
      if (!this.leaving.signal.aborted) this.setState({ failure })
    }
    this.drawing = false
    if (this.stale) this.soon(this.props.live)
  }

  // reveal scrolls to the state that runs, else to the one that failed or the Map, unless the
  // user has scrolled.
  reveal() {
    const box = this.box.current
    if (this.moved) return
    const wanted = ['.running:not(.group)', '.failed:not(.group)', '.group .group.failed', '.group .group.succeeded', '.group.succeeded', '.group', '.succeeded']
    const at = wanted.map((state) => box.querySelector(state)).find(Boolean)
    if (at) {
      const [outer, inner] = [box.getBoundingClientRect(), at.getBoundingClientRect()]
      box.scrollTop += inner.top - outer.top - Math.max(16, (outer.height - inner.height) / 2)
      box.scrollLeft += inner.left - outer.left - Math.max(16, (outer.width - inner.width) / 2)
    }
  }

  render(_, { failure, lacks, fit = false }) {
    return html`<section aria-label="State machine"><h2>State machine <button type="button" class="quiet" aria-pressed=${fit} onClick=${() => this.setState({ fit: !fit })}>${fit ? 'full size' : 'show all of it'}</button></h2>
      ${failure && html`<p class="dim">${failure.message}</p>`}
      <div class=${fit ? 'graph fit' : 'graph'} tabindex="0" role="region" aria-label="The drawing, which scrolls" ref=${this.box}></div>
      ${lacks && html`<p class="note">${lacks}</p>`}</section>`
  }
}

const done = (run) => run.mapRuns.reduce((n, m) => n + m.handled + m.failed, 0)

function Report({ of: r }) {
  return html`<section aria-label="Report">
    ${r.notes?.map((n) => html`<p class="note">${n}</p>`)}
    ${r.sections?.map((s) => {
      const look = (i) => (areNumbers(s.rows ?? [], i) ? 'n' : '')
      return html`<h2>${s.title}</h2><div class="table" tabindex="0" role="region" aria-label=${s.title}><table>
        <thead><tr>${s.columns?.map((c, i) => html`<th scope="col" class=${look(i)}>${c}</th>`)}</tr></thead>
        <tbody>${s.rows?.map((row) => html`<tr>${row?.map((cell, i) => html`<td class=${look(i)}>${cell}</td>`)}</tr>`)}</tbody></table></div>`
    })}
    ${r.slowest?.length > 0 && html`<details><summary>The slowest items</summary><table class="narrow">
      <thead><tr><th class="n">index</th><th class="n">ms</th></tr></thead>
      <tbody>${r.slowest.map((t) => html`<tr><td class="n">${thousands(t.index)}</td><td class="n">${thousands(t.ms)}</td></tr>`)}</tbody></table></details>`}
  </section>`
}
