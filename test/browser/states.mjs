// Opens the console as a user does, in a world where runs come and go and things break. The
// environment is that of console.mjs, with the address of CONTROL, which does what breaks. It
// prints what is wrong, a line each.
import { expected, lines, look, open, sees, visit, walk, wrong } from './user.mjs'

const { ADDRESS, CONTROL } = process.env
const origin = new URL(ADDRESS).origin
const control = async (what) => (await fetch(`${CONTROL}/${what}`)).text()
const view = (run, of = '') => `#/x/${encodeURIComponent(`arn:aws:states:us-east-1:123456789012:execution:Nightly:${run}`)}${of}`
const wait = (ms) => new Promise((done) => { setTimeout(done, ms) })

// quiet checks that the page stops to ask: a page that follows asks within 2.5 seconds.
const quiet = async (what) => {
  let asked
  for (let i = 0; i < 3 && asked !== ''; i++) {
    await control('asked')
    await wait(2500)
    asked = await control('asked')
  }
  if (asked) wrong(`${what}: got the requests ${asked}, expected none`)
}

// show looks at a view for its screenshots: it is like one that the story looks at.
const show = (page, name) => process.env.SHOTS && look(page, name)

// A browser writes a line for each of these answers.
expected.push('status of 401', 'status of 404', 'status of 409', 'status of 502', 'net::ERR_CONNECTION_REFUSED', 'net::ERR_INCOMPLETE_CHUNKED_ENCODING')
const written = (text) => lines.filter((line) => line.includes(text)).length

await visit(async () => {
  const page = await open()
  page.setDefaultTimeout(15_000)
  await page.goto(ADDRESS)

  // No run yet; then one appears.
  await sees(page, 'text=There is no execution yet', 'an empty list')
  await look(page, 'empty')
  await page.getByLabel('Status').selectOption('failed')
  await sees(page, 'text=No execution is failed', 'an empty list of a filter')
  await page.getByLabel('Status').selectOption('all')
  await control('start?run=one')
  await control('start?run=two')
  await sees(page, 'td a:text("one")', 'a run that has started')
  await page.waitForFunction(() => document.querySelector('td a')?.innerText === 'two')

  // The console goes away while a run is followed, and comes back.
  await page.getByRole('link', { name: 'two', exact: true }).click()
  const done = () => page.evaluate(() => Number(document.querySelector('.counts b')?.innerText ?? 0))
  const follows = (n, what) => page.waitForFunction((before) => Number(document.querySelector('.counts b')?.innerText ?? 0) > before, n, { timeout: 15_000 }).catch(() => wrong(`${what}: the run is not followed`))
  await follows(0, 'the run')
  await control('down')
  await sees(page, '.lost[role=alert]', 'that the console does not answer')
  await look(page, 'lost')
  await wait(1000)
  if (written('CONNECTION_REFUSED') > 4) wrong(`the console away: got ${written('CONNECTION_REFUSED')} lines in the console of the browser, expected a few`)
  await control('up')
  await page.getByRole('button', { name: 'Try now' }).click()
  await page.waitForFunction(() => !document.querySelector('.lost'))
  await follows(await done(), 'the console is back')

  // What runs turns, unless the user wants nothing to move.
  if (await page.evaluate(() => document.getAnimations().length) === 0) wrong('a run that runs: nothing moves')

  // A drawing that comes late does not replace a later one.
  let drawings = 0
  let late
  await page.route('**/graph', async (route) => {
    const mine = ++drawings
    if (mine === 1) await (late = wait(1200))
    await route.fulfill({ contentType: 'image/svg+xml', body: `<svg xmlns="http://www.w3.org/2000/svg"><text>drawing ${mine}</text></svg>` })
  })
  await page.reload()
  await sees(page, 'h1 .status.running', 'the run that is drawn')
  await page.waitForFunction(() => document.querySelector('.counts b'))
  await control('end?run=two')
  await sees(page, 'h1 .status.good', 'the end of the run that is drawn')
  await late
  await wait(500)
  if (await page.locator('.graph text').innerHTML() !== `drawing ${drawings}` || drawings < 2) wrong(`the drawing: got ${await page.locator('.graph').innerHTML()}, expected the last of ${drawings}`)
  await page.unroute('**/graph')

  // The drawing of a run without a Map Run, whose status says nothing of its items, goes on.
  await control('start?run=inline')
  const inline = await page.context().newPage()
  let redrawn = 0
  await inline.route('**/graph', (route) => {
    redrawn++
    return route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' })
  })
  await inline.goto(origin + view('inline'))

  // One failure does not end the following of a history.
  await control('start?run=three')
  await page.goto(origin + view('three', '/history'))
  await page.waitForFunction(() => document.querySelectorAll('.event').length === 2)
  await control('trouble')
  await sees(page, '.failure:text("the service has a problem")', 'the failure of the history')
  await show(page, 'trouble')
  await control('calm')
  await control('end?run=three')
  await page.waitForFunction(() => document.querySelectorAll('.event').length === 3, undefined, { timeout: 15_000 }).catch(() => wrong('the history: it is not followed any more after a failure'))
  if (await page.locator('.failure').count() > 0) wrong('the history: the failure is still shown')
  await quiet('the history of a run that has ended')

  // A run that is removed while it is looked at: each view says so, and asks no more.
  await control('start?run=gone')
  const views = { '': page, '/history': await page.context().newPage() }
  for (const [of, tab] of Object.entries(views)) {
    await tab.goto(origin + view('gone', of))
    await sees(tab, of ? '.event' : '.counts', `${of}: the run`)
  }
  await control('remove?run=gone')
  for (const [of, tab] of Object.entries(views)) await sees(tab, 'main .failure:text("does not exist")', `${of}: that the run is gone`)
  await quiet('the views of a run that is gone')
  if (redrawn < 2) wrong('the drawing of an Inline run: it is not drawn again')
  await inline.close()
  await views['/history'].close()
  await page.goto(origin + view('gone', '/why'))
  await sees(page, 'main .failure:text("does not exist")', 'the failures of a run that is gone')
  await show(page, 'gone')

  // A run that can't be read.
  await control('start?run=broken')
  await control('break?run=broken')
  await page.goto(origin + view('broken'))
  await sees(page, '.failure:text("cut off")', 'why a run can not be read')
  await show(page, 'unreadable')
  await control('remove?run=broken')

  // What is typed into the address, and deep JSON.
  await page.goto(origin + view('two', '/nope'))
  await sees(page, 'text=An execution has no view nope', 'that there is no such view')
  await page.goto(origin + view('two', '/why?item=abc&error=nope'))
  await sees(page, 'text=No failed item has the error nope', 'that no item has an error')
  if (/NaN/.test(await page.locator('main').innerText())) wrong('an item that is no number is shown')
  const deep = await page.evaluate(async () => (await import('/js/pretty.js')).pretty('['.repeat(4000) + ']'.repeat(4000)).length)
  if (deep !== 8000) wrong(`JSON of 8,000 bytes that is 4,000 deep: got ${deep} characters, expected it as it is`)

  // Back closes the dialog: the filter is another one then.
  await page.goto(origin + view('two', '/why'))
  await page.getByRole('button', { name: 'Refused', exact: true }).click()
  await page.getByRole('button', { name: 'Retry all 3' }).click()
  await page.getByRole('spinbutton').fill('1.5')
  await sees(page, 'dialog >> text=expected a whole number', 'that half an item is no batch')
  await page.goBack()
  await page.waitForFunction(() => !document.querySelector('dialog')).catch(() => wrong('the dialog stays when the user goes back'))

  // The narrowest telephone.
  await page.setViewportSize({ width: 320, height: 700 })
  for (const hash of ['#/', view('two'), view('two', '/why'), view('two', '/history')]) {
    await page.goto(origin + '/' + hash)
    await sees(page, 'h1', hash)
    await wait(100)
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wrong(`${hash}: the page scrolls sideways at 320 pixels`)
  }
  await page.setViewportSize({ width: 1280, height: 900 })

  // A browser that keeps nothing.
  const forgetful = await open()
  await forgetful.addInitScript(() => { Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } }) })
  await forgetful.goto(ADDRESS)
  await sees(forgetful, 'td a', 'the list in a browser that keeps nothing')

  // A code that somebody else has used is to be seen, though this browser has a token.
  const [printed, once] = (await control('restart')).split('\n')
  const token = new URL(printed).hash
  await page.goto(origin + view('two'))
  await sees(page, '.failure:text("the token of this console")', 'that the token is that of another console')
  await Promise.all([quiet('a page without a token'), look(page, 'no-token')])
  const other = await page.context().newPage()
  await other.goto(origin + '/' + token)
  await sees(other, 'td a', 'the list with the new token')
  await sees(page, 'h1:has-text("two") .status.good', 'the page that has no token, after another tab has got one')
  const thief = await open()
  await thief.goto(once)
  await sees(thief, 'td a', 'the list for who was faster')
  await thief.goto(origin + view('one'))
  await sees(thief, '.pace', 'the run that who was faster follows')
  await other.goto('about:blank')
  await other.goto(once)
  await sees(other, '.failure:text("was opened before")', 'that the address was used, in a browser that has a token')
  await show(other, 'used')
  await other.getByRole('button', { name: 'Try again' }).click()
  await sees(other, 'td a', 'the list with the token that the browser has')
  await other.close()
  await sees(thief, '.failure:text("the token of this console")', 'that the token of who was faster is taken back, while a run is followed')

  // All views with the keyboard alone.
  const walks = async (name, ...expects) => {
    const names = await walk(page, name)
    for (const one of expects) if (!names.some((n) => n.includes(one))) wrong(`${name}, keyboard: got ${names.join(' | ')}, expected ${one}`)
  }
  const enter = async (name) => {
    await page.getByRole('link', { name, exact: true }).focus()
    await page.keyboard.press('Enter')
  }
  await page.goto(origin + '/#/')
  await sees(page, 'td a', 'the list')
  await walks('the list', 'mapjob', 'two', 'Copy the command')
  await enter('two')
  await sees(page, '.counts', 'the run')
  if (await page.evaluate(() => document.activeElement.tagName) !== 'H1') wrong('a run that was opened: its heading does not have the focus')
  await walks('the run', 'Runs', 'Failures', 'History', 'show all of it', 'Why did 3 items fail?')
  await enter('Failures')
  await sees(page, '.entry', 'the failed items')
  await walks('the failures', 'Refused', 'Retry all 3', 'Failed items')
  await page.getByRole('listbox', { name: 'Failed items' }).focus()
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key)
  await sees(page, '#entry-1[aria-selected=true]', 'the second item')
  await sees(page, '[aria-label="Item 1"] pre', 'the item')
  await walks('an item', 'Failed items', 'close', 'Copy the item')
  await look(page, 'keyboard')
  await page.getByRole('button', { name: 'close' }).focus()
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('.item'))
  if (await page.evaluate(() => document.activeElement.getAttribute('role')) !== 'listbox') wrong('an item that was closed: the list does not have the focus')
  await enter('Waiting')
  await sees(page, 'text=nothing waits here', 'the waiting tasks')
  await walks('the waiting tasks', 'Waiting', 'Copy the command')
  await enter('History')
  await sees(page, '.event', 'the history')
  await walks('the history', 'Events', 'Copy the command')
  await page.getByRole('listbox', { name: 'Events' }).focus()
  await page.evaluate(() => { // two keys before the page shows what the first one has chosen
    for (const key of ['ArrowDown', 'ArrowDown']) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  })
  await sees(page, '#event-2[aria-selected=true]', 'the second event')
  await page.goBack()
  await sees(page, '#event-1[aria-selected=true].active', 'the first event, after going back')
})
