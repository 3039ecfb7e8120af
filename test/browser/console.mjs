// Opens the console as a user does, and does what one does with a run that fails. The
// environment has its ADDRESS, and may have SHOTS, a folder for screenshots. It prints what
// is wrong, a line each.
import { look, open, sees, visit, wrong } from './user.mjs'

const { ADDRESS } = process.env

await visit(async () => {
  const page = await open()
  await page.goto(ADDRESS)
  await sees(page, 'td .status.running', 'the list')
  if (/token|code/.test(page.url())) wrong(`the address still has the secret: ${page.url()}`)
  await look(page, 'runs')

  // A run is followed, also after a reload.
  await page.locator('td a').first().click()
  await sees(page, 'h1 .status.running', 'the run')
  await sees(page, '.graph .running', 'a state that runs')
  const done = async () => Number((await page.locator('.counts b').first().innerText()).replaceAll(',', ''))
  await sees(page, '.counts b', 'the counts')
  const before = await done()
  await page.waitForFunction((n) => Number(document.querySelector('.counts b').innerText.replaceAll(',', '')) > n, before)
  await sees(page, '.pace', 'the rate')
  await look(page, 'running')
  await page.reload()
  await sees(page, '.graph .running', 'a state that runs, after a reload')
  if (await page.locator('h1 .status.running').count() === 0) wrong('the run had ended before the reload: it has to take longer')
  await page.waitForFunction((n) => Number(document.querySelector('.counts b')?.innerText.replaceAll(',', '') ?? 0) > n, before + 1)
  await sees(page, 'h1 .status.good', 'the end of the run')
  await sees(page, '.graph .succeeded', 'a state that has succeeded')
  await look(page, 'run')

  // An item that failed, with its error and its log.
  await page.getByRole('link', { name: /^Why did/ }).click()
  await page.getByRole('button', { name: 'Said', exact: true }).click()
  await sees(page, '.entry', 'the items')
  await page.locator('.entry').first().click()
  await sees(page, '.item .log .names', 'the lines of the log')
  const item = await page.locator('.item').innerText()
  for (const text of ['<script>alert(1)</script>', 'the worker has seen it', 'Said']) if (!item.includes(text)) wrong(`the item: got no ${text} in ${item}`)
  await look(page, 'item')

  // A search, and all errors again.
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.getByRole('searchbox').fill('EXIT')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.waitForFunction(() => /Retry all 1$/.test(document.querySelector('.primary')?.innerText))
  await page.getByRole('button', { name: 'Show all' }).click()

  // The items of one error run again in batches of one, which takes the batch apart.
  await page.getByRole('button', { name: 'Runtime.ExitError', exact: true }).click()
  await page.getByRole('button', { name: 'Retry all 2' }).click()
  await sees(page, 'dialog[open] .choices', 'the dialog')
  await page.getByRole('spinbutton').fill('1')
  await look(page, 'retry')
  await page.getByRole('button', { name: 'Run 2 items again' }).click()
  await sees(page, 'dialog .comparison', 'the comparison')
  const compared = await page.locator('dialog .comparison').innerText()
  if (!/1\s*recovered/.test(compared) || !/1\s*failed the same way/.test(compared)) wrong(`the comparison: got ${compared}`)
  await look(page, 'compared')
  await page.keyboard.press('Escape')

  // The history, with the keyboard.
  await page.getByRole('link', { name: 'History' }).click()
  await sees(page, '.event', 'the events')
  await page.getByRole('listbox', { name: 'Events' }).focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await sees(page, '.item pre', 'what an event carries')
  await look(page, 'history')
  await page.getByLabel('Type').selectOption('MapRunStarted')
  await page.waitForFunction(() => document.querySelectorAll('.event').length === 1)

  // Another tab of the browser has the token, too. The address works once.
  const tab = await page.context().newPage()
  await tab.goto(new URL(ADDRESS).origin)
  await sees(tab, 'h1', 'another tab')
  await sees(tab, '.rows', 'the list in another tab')
  await tab.close()

  // Without the token there is nothing to see, and no request for it.
  const stranger = await open()
  await stranger.goto(new URL(ADDRESS).origin)
  await sees(stranger, 'text=This browser has no token', 'a browser without the token')
})
