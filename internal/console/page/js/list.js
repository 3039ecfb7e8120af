// Lists of many rows, of which only those that are seen are in the page.
import { Component, createRef, html } from './html.js'

const beyond = 10 // rows above and below those that are seen
const narrow = matchMedia('(max-width: 760px)')

// List shows rows of one height. It is one stop of the Tab key, and the arrow keys move in it: to
// a row that is chosen at once if it is eager, else with Enter. more, if there is more, is called
// when the last rows are near.
//
// Its properties are the rows, of how many they are, look for the rows' class and IDs, the name of
// all, id and show of a row, which is chosen, and choose.
export class List extends Component {
  state = { top: 0, height: 600 }

  box = createRef()

  componentDidMount() {
    this.resize = new ResizeObserver(([entry]) => this.setState({ height: entry.contentRect.height }))
    this.resize.observe(this.box.current)
    this.near()
  }

  componentDidUpdate(before) {
    this.near()
    const { chosen } = this.props
    if (chosen && chosen !== before.chosen) this.go(chosen)
  }

  componentWillUnmount() { this.resize.disconnect() }

  near() {
    const { rows, more } = this.props
    if (more && this.state.top + this.state.height > (rows.length - 2 * beyond) * rowHeight()) more()
  }

  keys = (e) => {
    const { rows, id, choose, eager } = this.props
    const at = rows.findIndex((row) => id(row) === (this.active ?? this.props.chosen))
    if ((e.key === 'Enter' || e.key === ' ') && at >= 0) {
      e.preventDefault()
      choose(rows[at])
    }
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity }[e.key]
    if (!step || rows.length === 0) return
    e.preventDefault()
    const to = Math.max(0, Math.min(rows.length - 1, at + step))
    this.go(id(rows[to]))
    if (eager) choose(rows[to])
    const box = this.box.current
    const high = rowHeight()
    if (to * high < box.scrollTop) box.scrollTop = to * high
    if ((to + 1) * high > box.scrollTop + box.clientHeight) box.scrollTop = (to + 1) * high - box.clientHeight
  }

  // go makes a row the one that the keys start from. It is known at once, and that it is chosen only
  // when the address has it.
  go(active) {
    this.active = active
    this.setState({ active })
  }

  render({ rows, of = rows.length, look, name, id, show, chosen, choose }, { top, height }) {
    const high = rowHeight()
    const first = Math.max(0, Math.floor(top / high) - beyond)
    const seen = rows.slice(first, Math.ceil((top + height) / high) + beyond)
    const active = this.active ?? chosen
    return html`<div class="list" style=${{ height: `min(65vh, 44rem, ${Math.max(1, rows.length) * high + 2}px)` }} role="listbox" aria-label=${name} tabindex="0" ref=${this.box}
        aria-activedescendant=${seen.some((row) => id(row) === active) ? `${look}-${active}` : undefined} onScroll=${(e) => this.setState({ top: e.target.scrollTop })} onKeyDown=${this.keys}>
      <div class="space" style=${{ height: `${rows.length * high}px` }}>
        ${seen.map((row, i) => html`<div key=${id(row)} id=${`${look}-${id(row)}`} class=${`row ${look}${id(row) === active ? ' active' : ''}`} role="option" aria-selected=${id(row) === chosen} aria-posinset=${first + i + 1} aria-setsize=${of}
          style=${{ top: `${(first + i) * high}px`, height: `${high}px` }} onClick=${() => { this.go(id(row)); choose(row) }}>${show(row)}</div>`)}
      </div>
    </div>`
  }
}

// focusList gives the focus to the list of a view, when what was chosen in it is closed.
export const focusList = () => document.querySelector('.list')?.focus()

const rowHeight = () => (narrow.matches ? 44 : 32)
