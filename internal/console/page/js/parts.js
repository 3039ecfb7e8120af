// What several views share.
import { Component, html } from './html.js'

const statuses = {
  RUNNING: ['running', '◐', 'running'],
  PENDING_REDRIVE: ['running', '◐', 'redriven soon'],
  SUCCEEDED: ['good', '✓', 'succeeded'],
  FAILED: ['bad', '✗', 'failed'],
  TIMED_OUT: ['bad', '◷', 'timed out'],
  ABORTED: ['off', '■', 'stopped'],
  SKIPPED: ['off', '⤼', 'skipped'],
}

// Status says how an execution stands, with a sign and a word beside the colour.
export function Status({ of }) {
  const [look, sign, word] = statuses[of.skipped ? 'SKIPPED' : of.status] ?? ['off', '?', of.status]
  return html`<span class="status ${look}"><span class="sign" aria-hidden="true">${sign}</span>${word}</span>`
}

// Copy copies a text to the clipboard.
export class Copy extends Component {
  copy = async () => {
    try {
      await navigator.clipboard.writeText(this.props.text)
      this.setState({ said: 'copied' })
    } catch {
      this.setState({ said: 'not allowed' })
    }
    setTimeout(() => this.setState({ said: '' }), 1500)
  }

  render({ what }, { said }) {
    return html`<button type="button" class="quiet" onClick=${this.copy} aria-label=${'Copy ' + what}><span aria-live="polite">${said || 'copy'}</span></button>`
  }
}

// Command shows the command that prints the same in a terminal.
export function Command({ text, label = 'The same in a terminal' }) {
  return text && html`<div class="command"><span class="dim">${label}</span><code>${text.split(' ').map((word) => html`<span>${word}</span> `)}</code><${Copy} text=${text} what="the command"/></div>`
}

// Failure says what is wrong; again asks once more.
export function Failure({ of, again }) {
  return of && html`<p class="failure" role="alert"><span aria-hidden="true">✗ </span>${of.message ?? of}</p>
    ${again && html`<p class="actions"><button type="button" onClick=${again}>Try again</button></p>`}`
}

export function Waiting({ what }) {
  return html`<p class="dim" role="status">${what ?? 'reading'} …</p>`
}

// Bar shows parts of a whole: each has a count, a look and a word.
export function Bar({ parts, all }) {
  const label = parts.map((p) => `${p.count} ${p.word}`).join(', ')
  return html`<div class="bar" role="img" aria-label=${label}>
    ${parts.map((p) => p.count > 0 && html`<span class=${p.look} style=${{ width: `${100 * p.count / (all || 1)}%` }}></span>`)}
  </div>`
}
