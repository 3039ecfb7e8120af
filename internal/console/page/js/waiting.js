// The tasks that wait for an answer to their token, and what answers them.
import { get, post } from './api.js'
import { Component, createRef, html } from './html.js'
import { Command, Copy, Failure, Waiting as Reading } from './parts.js'
import { Poll } from './poll.js'
import { pretty } from './pretty.js'
import { clock, count, duration, thousands } from './words.js'

const pause = 1000 // between two looks
const longPause = 15_000 // while there can't be tasks: the execution may be redriven, and its process may answer again

export class WaitingTasks extends Component {
  main = createRef()

  state = { after: '', before: [] }

  componentDidMount() {
    this.poll = new Poll({ read: this.read, pause, failed: (failure) => this.setState({ failure }) })
    this.ticking = setInterval(() => this.setState({ now: Date.now() }), 1000)
  }

  componentWillUnmount() {
    this.poll.stop()
    clearInterval(this.ticking)
  }

  read = async (signal) => {
    const list = await get(['executions', this.props.arn, 'waiting'], { after: this.state.after, limit: 50 }, signal)
    if (this.state.after !== '' && list.tasks.length === 0) { // all of this page were answered
      this.setState({ after: '', before: [] })
      return 0
    }
    this.setState({ list, failure: null })
    return list.why ? longPause : pause
  }

  turn(after, before) { this.setState({ after, before, list: null }, this.poll.now) }

  // answered takes a task that was answered out of the list, if it is still there. The focus goes
  // to the one after it.
  answered = (said) => {
    const { list, open: { task, at } } = this.state
    const tasks = list.tasks.filter((t) => t.token !== task.token)
    this.setState({ open: null, said, list: { ...list, tasks, total: list.total - list.tasks.length + tasks.length } }, () => {
      const headings = [...this.main.current.querySelectorAll('h1, .tasks h2')]
      const next = headings[Math.min(at + 1, headings.length - 1)]
      next.tabIndex = -1
      next.focus()
    })
    this.poll.now()
  }

  render({ arn }, { list, failure, open, said, after, before }) {
    return html`<main ref=${this.main}>
      <h1>Waiting</h1>
      <p class="dim">Tasks that wait for an answer to their task token, and what was sent with it.</p>
      <p class="said" role="status">${said}</p>
      <${Failure} of=${failure} again=${this.poll?.now}/>
      ${!list && !failure && html`<${Reading}/>`}
      ${list?.why && html`<p class="note">${list.why}.</p>`}
      ${list && !list.why && list.total === 0 && html`<p class="note">No task waits.</p>`}
      ${list?.total > 0 && html`<p role="status"><b>${count(list.total, 'task')}</b> ${list.total === 1 ? 'waits' : 'wait'}.</p>
        <ul class="tasks">${list.tasks.map((t, at) => html`<li key=${t.token}>
          <div class="task">
            <h2>${t.state} <span class="dim">${itemsOf(t)}</span></h2>
            <p class="dim">waits for ${duration(Math.max(0, Date.now() - new Date(t.since)))}, since ${clock(t.since)} · ${until(t)}${t.lastHeartbeat ? ` · last heartbeat ${clock(t.lastHeartbeat)}` : ''}</p>
            <p class="token"><span class="dim">token</span> <code>${t.token.slice(0, 8)}…</code> <${Copy} text=${t.token} what="the token"/></p>
            <p class="actions"><button type="button" class="primary" onClick=${() => this.setState({ open: { task: t, at, fails: false }, said: '' })}>Succeed …</button>
              <button type="button" onClick=${() => this.setState({ open: { task: t, at, fails: true }, said: '' })}>Fail …</button></p>
          </div>
          <div>${t.item ? html`<pre tabindex="0" aria-label="The item">${t.item.map(pretty).join('\n')}</pre>
            <details><summary>All that was sent with the token</summary><${Sent} task=${t}/></details>` : html`<${Sent} task=${t}/>`}</div>
        </li>`)}</ul>
        <p class="actions">
          ${before.length > 0 && html`<button type="button" onClick=${() => this.turn(before.at(-1), before.slice(0, -1))}>Earlier</button>`}
          ${list.next && html`<button type="button" onClick=${() => this.turn(list.next, [...before, after])}>Later</button>`}</p>`}
      ${open && html`<${Answer} key=${open.task.token + open.fails} ...${open} arn=${arn} done=${this.answered} close=${() => this.setState({ open: null })}/>`}
      <${Command} text=${list?.command}/>
    </main>`
  }
}

// Sent shows what was sent with a token.
function Sent({ task: t }) {
  const cut = t.inputBytes > new TextEncoder().encode(t.input).length
  return html`<pre tabindex="0" aria-label="What was sent with the token">${pretty(t.input)}${cut && `\n… ${thousands(t.inputBytes)} bytes in all`}</pre>`
}

// WaitingOnAWS says how a task of an execution on AWS is answered.
export function WaitingOnAWS() {
  return html`<main>
    <h1>Waiting</h1>
    <p class="note">AWS can't list the tasks that wait for an answer to their task token. Look where the function of a task has sent its token, and answer with the AWS CLI.</p>
    <${Command} label="Succeed" text="aws stepfunctions send-task-success --task-token TOKEN --task-output '{}'"/>
    <${Command} label="Fail" text="aws stepfunctions send-task-failure --task-token TOKEN --error NAME --cause TEXT"/>
  </main>`
}

// Badge shows how many tasks of an execution wait.
export class Badge extends Component {
  componentDidMount() { this.poll = new Poll({ read: this.read, pause: 3 * pause, failed: () => {} }) } // the view says why

  componentWillUnmount() { this.poll.stop() }

  read = async (signal) => {
    const list = await get(['executions', this.props.arn, 'waiting'], { limit: 1 }, signal)
    this.setState({ total: list.total })
    return list.why ? longPause : 3 * pause
  }

  render(_, { total }) { return total > 0 && html`<span class="badge">${thousands(total)}</span>` }
}

function itemsOf(t) {
  if (!t.items) return ''
  return t.items === 1 ? `item ${thousands(t.firstItem)}` : `items ${thousands(t.firstItem)} to ${thousands(t.firstItem + t.items - 1)}`
}

function until(t) {
  if (!t.until) return 'never times out'
  const left = new Date(t.until) - Date.now()
  return left > 0 ? `times out in ${duration(left)}` : 'times out now'
}

// Answer is the dialog that ends a task.
class Answer extends Component {
  box = createRef()

  state = { output: '{}', error: '', cause: '' }

  componentDidMount() { this.box.current.showModal() }

  // problem says why an answer can't be sent.
  problem() {
    const { output, error } = this.state
    if (this.props.fails) return error === '' ? 'An error has a name.' : ''
    try {
      JSON.parse(output)
      return ''
    } catch (err) {
      return `This is not JSON: ${err.message}`
    }
  }

  send = async (e) => {
    e.preventDefault()
    const { task, fails, arn, done } = this.props
    const { output, error, cause } = this.state
    this.setState({ sending: true, failure: null })
    try {
      await post(['executions', arn, 'answer'], fails ? { token: task.token, error, cause } : { token: task.token, output })
      done(`The task of state ${task.state}${task.items ? ', ' + itemsOf(task) : ''}, ${fails ? `failed with ${error}` : 'succeeded'}.`)
    } catch (failure) {
      this.setState({ failure, sending: false })
    }
  }

  render({ task, fails, close }, { output, error, cause, failure, sending }) {
    const problem = this.problem()
    const field = (name, value, label, more) => html`<label class="field wide">${label}<input type="text" value=${value} ...${more} onInput=${(e) => this.setState({ [name]: e.target.value })}/></label>`
    return html`<dialog ref=${this.box} aria-labelledby="answer" onClose=${close}>
      <h2 id="answer">${fails ? 'Fail' : 'End'} the task of state ${task.state}</h2>
      <p class="dim">${itemsOf(task)}</p>
      <form onSubmit=${this.send}>
        ${fails ? html`${field('error', error, 'Error name', { required: true, autofocus: true, placeholder: 'Refused' })}${field('cause', cause, 'Cause')}`
          : html`<label class="field wide">Output, as JSON<textarea rows="6" spellcheck=${false} autofocus onFocus=${(e) => e.target.select()} aria-describedby="problem" onInput=${(e) => this.setState({ output: e.target.value })}>${output}</textarea></label>`}
        <p id="problem" class="dim small" role="status">${(!fails || error !== '') && problem}</p>
        <${Failure} of=${failure}/>
        <p class="actions"><button type="submit" class="primary" disabled=${problem !== '' || sending}>${fails ? 'Fail it' : 'Let it succeed'}</button>
          <button type="button" onClick=${() => this.box.current.close()}>Cancel</button></p>
      </form>
    </dialog>`
  }
}
