// A user of a browser who looks closely: problems has a line for each thing that is wrong.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const { ADDRESS, SHOTS, CHROMIUM } = process.env
const problems = []
export const wrong = (text) => problems.push(text)

// expected has what a visit asks for, such as "status of 409": a browser writes a line for each, which
// lines has.
export const expected = []
export const lines = []

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })

// open opens a tab of its own, in which nothing may go wrong and no other host be asked.
export const open = async (options) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  page.on('console', (m) => {
    if (!['error', 'warning'].includes(m.type())) return
    if (expected.some((text) => m.text().includes(text))) lines.push(m.text())
    else wrong(`the console of the browser: ${m.text()}`)
  })
  page.on('pageerror', (e) => wrong(`an error of the page: ${e.message}`))
  page.on('dialog', (d) => { wrong(`a dialog: ${d.message()}`); d.dismiss() })
  page.on('request', (r) => { if (!r.url().startsWith(new URL(ADDRESS).origin)) wrong(`a request to ${r.url()}`) })
  return page
}

export const sees = async (page, locator, what) => {
  try {
    await page.locator(locator).first().waitFor()
  } catch {
    wrong(`${what}: found no ${locator} in ${(await page.locator('body').innerText()).slice(0, 1500)}`)
  }
}

// look checks a view as it is: in both schemes, on a laptop and a telephone.
export const look = async (page, name) => {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await page.waitForTimeout(150)
      const at = `${name}, ${colorScheme}, ${width}`
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wrong(`${at}: the page scrolls sideways`)
      // The protocol of the browser is not bound by the page's policy, so axe may run.
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
      for (const v of violations) if (['serious', 'critical'].includes(v.impact)) wrong(`${at}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png`, fullPage: true })
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' })
  await page.setViewportSize({ width: 1280, height: 900 })
}

// visit runs a visit to the end, and ends the process: with 1 if something was wrong.
export const visit = async (story) => {
  try {
    await story()
  } catch (e) {
    wrong(e.stack)
  }
  await browser.close()
  for (const p of problems) console.log(p)
  process.exit(problems.length > 0 ? 1 : 0)
}
