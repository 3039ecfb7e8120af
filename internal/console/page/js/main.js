// The page: what is common to all views, and which one the address names.
import { get, onRefused, onToken, takeToken } from './api.js'
import { listen, tryNow, whenBack } from './connection.js'
import { History } from './history.js'
import { Component, html, render } from './html.js'
import { Failure, Waiting } from './parts.js'
import { Run } from './run.js'
import { Runs, runAddress } from './runs.js'
import { Badge, WaitingOnAWS, WaitingTasks } from './waiting.js'
import { Why } from './why.js'

// route reads the address: #/, or #/x/ARN/view, each with ?parameters.
function route() {
  const [path, search] = location.hash.replace(/^#/, '').split('?')
  const [, x, arn, view] = path.split('/')
  return { arn: x === 'x' ? decoded(arn ?? '') : '', view: view ?? '', query: new URLSearchParams(search ?? '') }
}

// decoded returns a part of the address as it was; one that was cut or typed may not be valid.
function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

class App extends Component {
  state = { known: true, route: route() }

  componentDidMount() {
    addEventListener('hashchange', this.connect)
    onToken(this.connect)
    onRefused((failure) => this.setState({ failure, session: null }))
    listen((lost) => this.setState({ lost }))
    this.connect()
  }

  // connect takes the token of the address, if it has one: that of this console may be opened
  // in a tab without its token.
  connect = async () => {
    try {
      const known = await takeToken()
      this.setState({ known, route: route(), failure: null })
      if (known && !this.state.session) this.setState({ session: await get(['session']) })
    } catch (failure) {
      if (failure.status === 0) {
        await whenBack()
        this.connect()
      } else this.setState({ failure, route: route() })
    }
  }

  componentDidUpdate(_, before) {
    const { arn, view } = this.state.route
    document.title = arn ? `${arn.split(':').pop()} · mapjob` : 'mapjob'
    if (arn !== before.route.arn || view !== before.route.view) {
      scrollTo(0, 0)
      // What had the focus may be gone with the view: the new one begins with its heading.
      const heading = document.querySelector('main h1')
      if (heading && document.activeElement === document.body) {
        heading.tabIndex = -1
        heading.focus()
      }
    }
  }

  render(_, { known, failure, lost, session, route: { arn, view, query } }) {
    const connection = lost && html`<p class="lost" role="alert">The console does not answer: is <code>mapjob console</code> still running? Trying again … <button type="button" onClick=${tryNow}>Try now</button></p>`
    if (failure) return html`${connection}<main><h1>mapjob</h1><${Failure} of=${failure} again=${this.connect}/></main>`
    if (!known) {
      return html`${connection}<main><h1>mapjob</h1><p>This browser has no token. Open the address that <code>mapjob console</code> has printed; it ends in <code>#token=…</code>.</p></main>`
    }
    if (!session) return html`${connection}<main><h1>mapjob</h1><${Waiting} what="connecting"/></main>`
    const name = arn.split(':').pop()
    const tab = (to, word) => html`<a href=${runAddress(arn, to && '/' + to)} aria-current=${view === to ? 'page' : undefined}>${word}</a>`
    return html`${connection}
      <header>
        <a class="home" href="#/">mapjob</a>
        ${arn && html`<nav aria-label="Execution"><a href="#/">Runs</a><span aria-hidden="true">/</span><b title=${arn}>${name}</b></nav>`}
        <span class="where dim" title=${session.where}>${session.local ? 'this machine' : session.where}${!session.local && !session.actions && ', read only'}</span>
      </header>
      ${arn && html`<nav class="tabs" aria-label="Views">${tab('', 'Run')}${tab('why', 'Failures')}${tab('waiting', html`Waiting${session.local && html`<${Badge} key=${arn} arn=${arn}/>`}`)}${tab('history', 'History')}</nav>`}
      ${!arn && html`<${Runs} session=${session} query=${query}/>`}
      ${arn && view === '' && html`<${Run} key=${arn} session=${session} arn=${arn}/>`}
      ${arn && view === 'why' && html`<${Why} key=${arn} session=${session} arn=${arn} query=${query}/>`}
      ${arn && view === 'waiting' && (session.local ? html`<${WaitingTasks} key=${arn} arn=${arn}/>` : html`<${WaitingOnAWS}/>`)}
      ${arn && !['', 'why', 'waiting', 'history'].includes(view) && html`<main><h1>mapjob</h1><p>An execution has no view ${view}. <a href=${runAddress(arn)}>Look at the execution</a>.</p></main>`}
      ${arn && view === 'history' && html`<${History} key=${arn} session=${session} arn=${arn} query=${query}/>`}`
  }
}

render(html`<${App}/>`, document.getElementById('app'))
