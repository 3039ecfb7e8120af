// Charts of items over time: bars of a series, whose heights are items a second.
import { Component, createRef, html } from './html.js'
import { duration, thousands } from './words.js'

const height = 140
const left = 44
const bottom = 20

// nice returns a round number that is not below another one.
function nice(n) {
  if (n <= 0) return 1
  const unit = 10 ** Math.floor(Math.log10(n))
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((f) => f * unit).find((v) => v >= n)
}

const rate = (n) => (n >= 10 || n === Math.round(n) ? thousands(Math.round(n)) : n.toFixed(1))

// Chart draws bars {from, to, good, bad}: milliseconds, and items that ended between them. It is
// drawn as wide as it is shown, so that its texts have the size of the page's.
export class Chart extends Component {
  state = { width: 0 }

  figure = createRef()

  componentDidMount() {
    this.resize = new ResizeObserver(([entry]) => this.setState({ width: Math.floor(entry.contentRect.width) }))
    this.resize.observe(this.figure.current)
  }

  componentWillUnmount() { this.resize.disconnect() }

  render({ bars, name }, { width }) {
    return html`<figure class="chart" ref=${this.figure}>${bars.length > 0 && width > 100 && drawing(bars, name, width)}</figure>`
  }
}

function drawing(bars, name, width) {
  const from = bars[0].from
  const to = Math.max(bars[bars.length - 1].to, from + 1)
  const speed = (b) => (b.good + b.bad) * 1000 / Math.max(b.to - b.from, 1)
  const top = nice(Math.max(...bars.map(speed)))
  const x = (ms) => left + (width - left - 8) * (ms - from) / (to - from)
  const y = (v) => 8 + (height - bottom - 8) * (1 - v / top)
  const area = (value) => bars.map((b) => {
    const at = y(value(b) * 1000 / Math.max(b.to - b.from, 1))
    return `M${x(b.from).toFixed(1)} ${y(0)}V${at.toFixed(1)}H${x(b.to).toFixed(1)}V${y(0)}z`
  }).join('')
  const failed = bars.some((b) => b.bad > 0)
  const step = (to - from) / bars.length
  const all = bars.reduce((n, b) => n + b.good + b.bad, 0)
  const bad = bars.reduce((n, b) => n + b.bad, 0)
  return html`<figcaption>${name}<span class="keys"><span class="key good">handled</span>${failed && html`<span class="key bad">failed</span>`}<span>${bars.length > 1 && `a bar is ${duration(step)}`}</span></span></figcaption>
    <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${name}: ${thousands(all)} items in ${duration(to - from)}, ${thousands(bad)} failed, at most ${rate(Math.max(...bars.map(speed)))} a second`}>
      ${[0, 0.5, 1].map((part) => html`<g><path class="grid" d=${`M${left} ${y(top * part)}H${width - 8}`}/><text x=${left - 6} y=${y(top * part) + 4} text-anchor="end">${rate(top * part)}</text></g>`)}
      <path class="good" d=${area((b) => b.good + b.bad)}/>
      ${failed && html`<path class="bad" d=${area((b) => b.bad)}/>`}
      <text x=${left} y=${height - 4}>0</text>
      <text x=${width - 8} y=${height - 4} text-anchor="end">${duration(to - from)}</text>
    </svg>`
}

// ofSeries returns the bars of points that count from the beginning.
export function ofSeries(points) {
  const most = 120
  const bars = []
  if (points.length < 2) return bars
  const first = points[0].ms
  const step = Math.max((points[points.length - 1].ms - first) / most, 1000)
  for (let i = 1, last = points[0]; i < points.length; i++) {
    const p = points[i]
    if (p.ms - last.ms < step && i < points.length - 1) continue
    const bar = { from: last.ms, to: p.ms, good: Math.max(0, (p.done - p.failed) - (last.done - last.failed)), bad: Math.max(0, p.failed - last.failed) }
    const before = bars.at(-1)
    if (before && bar.to - bar.from < step / 2) { // the last one would be a peak or a gap by chance
      before.to = bar.to
      before.good += bar.good
      before.bad += bar.bad
    } else bars.push(bar)
    last = p
  }
  return bars
}

// ofTimeline returns the bars of a report's timeline.
export function ofTimeline(timeline) {
  return timeline.succeeded.map((good, i) => ({ from: i * timeline.stepMs, to: (i + 1) * timeline.stepMs, good, bad: timeline.failed[i] ?? 0 }))
}
