// Answers the tasks of a run that wait for an answer to their token. The environment is that
// of console.mjs.
import { expected, look, open, sees, visit, wrong } from './user.mjs'

const { ADDRESS } = process.env

await visit(async () => {
  const page = await open()
  await page.goto(ADDRESS)
  await page.locator('td a').first().click()
  await sees(page, '.badge', 'how many tasks wait')
  await page.getByRole('link', { name: /^Waiting/ }).click()
  await page.waitForFunction(() => document.querySelectorAll('.tasks li').length === 3)
  const text = await page.locator('main').innerText()
  for (const part of ['3 tasks wait', 'Worker', 'item 0', 'times out in', '"<script>alert(1)</script>"', '"id": 9007199254740993']) if (!text.includes(part)) wrong(`the list: got no ${part} in ${text}`)
  await look(page, 'waiting')

  // After an answer the focus is on the task that came next, or on the last one.
  const order = await page.locator('.tasks h2').allInnerTexts()
  const movesOn = async (item) => {
    const at = order.findIndex((heading) => heading.includes(item))
    order.splice(at, 1)
    const [got, next] = [await page.evaluate(() => document.activeElement.innerText), order[Math.min(at, order.length - 1)]]
    if (got !== next) wrong(`the focus after an answer: got ${got}, expected ${next}`)
  }

  // An output that is not JSON can't be sent.
  const first = page.locator('.tasks li', { hasText: 'item 0' })
  await first.getByRole('button', { name: 'Succeed …' }).click()
  await page.getByLabel('Output, as JSON').fill('{"paid": ')
  await sees(page, 'text=This is not JSON', 'why it can not be sent')
  if (await page.getByRole('button', { name: 'Let it succeed' }).isEnabled()) wrong('an output that is not JSON can be sent')
  await look(page, 'succeed')
  await page.getByLabel('Output, as JSON').fill('{"paid": true}')
  await page.getByRole('button', { name: 'Let it succeed' }).click()
  await sees(page, 'text=The task of state Worker, item 0, succeeded.', 'that it has succeeded')
  await movesOn('item 0')
  await page.waitForFunction(() => document.querySelectorAll('.tasks li').length === 2)

  // With the keyboard: a dialog can be left, and an error needs a name.
  const second = page.locator('.tasks li', { hasText: 'item 1' }).getByRole('button', { name: 'Fail …' })
  await second.focus()
  await page.keyboard.press('Enter')
  await sees(page, 'dialog[open]', 'the dialog')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('dialog'))
  if (!await second.evaluate((b) => b === document.activeElement)) wrong('the focus does not return to the button')
  await page.keyboard.press('Enter')
  await page.getByLabel('Error name').fill('Declined')
  await page.getByLabel('Cause').fill('no funds')
  await look(page, 'fail')
  await page.keyboard.press('Enter')
  await sees(page, 'text=item 1, failed with Declined.', 'that it has failed')
  await movesOn('item 1')

  // One that was answered elsewhere leaves the list; the answer to it is refused.
  await page.locator('.tasks li', { hasText: 'item 2' }).getByRole('button', { name: 'Succeed …' }).click()
  const other = await page.context().newPage()
  await other.goto(page.url())
  await other.getByRole('button', { name: 'Fail …' }).click()
  await other.getByLabel('Error name').fill('Declined')
  await other.getByRole('button', { name: 'Fail it' }).click()
  await sees(other, 'text=no task of it waits', 'the end of the execution')
  expected.push('status of 409')
  await page.getByRole('button', { name: 'Let it succeed' }).click()
  await sees(page, 'dialog .failure', 'that the answer came too late')
  await page.keyboard.press('Escape')
  await look(page, 'nothing-waits')
  await page.getByRole('link', { name: 'Run', exact: true }).click()
  await sees(page, 'text=2', 'the failed items')
})
