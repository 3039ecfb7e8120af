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

// look checks a view as it is: in both schemes, on a laptop, also zoomed to 200%, and a telephone.
// Then with the few colours of a high contrast.
export const look = async (page, name) => {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 640, 390]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      await page.waitForTimeout(150)
      const at = `${name}, ${colorScheme}, ${width}`
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wrong(`${at}: the page scrolls sideways`)
      if (width === 640) {
        if (SHOTS && colorScheme === 'light') await page.screenshot({ path: `${SHOTS}/${name}-zoomed.png`, fullPage: true })
        continue
      }
      // The protocol of the browser is not bound by the page's policy, so axe may run.
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
      for (const v of violations) if (v.impact !== 'minor') wrong(`${at}: ${v.impact}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png`, fullPage: true })
    }
  }
  if (await page.evaluate(() => document.getAnimations().length) > 0) wrong(`${name}: something moves, expected nothing with prefers-reduced-motion`)
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' })
  // What says something by its background alone is not seen if that is forced.
  const lost = await page.evaluate(() => [...document.querySelectorAll('.bar span, .dot, .meter div')].filter((e) => ['rgba(0, 0, 0, 0)', getComputedStyle(document.body).backgroundColor].includes(getComputedStyle(e).backgroundColor) && getComputedStyle(e).backgroundImage === 'none').map((e) => e.className || e.parentElement.className))
  if (lost.length > 0) wrong(`${name}, forced colours: can't see ${lost}`)
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-forced.png`, fullPage: true })
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', reducedMotion: 'no-preference' })
  for (const width of [390, 1280]) await page.setViewportSize({ width, height: 900 }) // else Chromium keeps what it has drawn with forced colours
}

// walk goes through a view with the Tab key, and returns the names of what had the focus. Each has to
// be in view, with a mark that it has the focus.
export const walk = async (page, name) => {
  const names = []
  for (let ends = 0; ends < 3;) { // what comes before that which has the focus is reached after the end
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const e = document.activeElement
      if (!e || e === document.body) return null
      const { outlineStyle, outlineWidth } = getComputedStyle(e)
      const { top, bottom, left, right } = e.getBoundingClientRect()
      const first = e.walked
      e.walked = true
      return { name: (e.getAttribute('aria-label') ?? e.innerText ?? '').trim().slice(0, 60) || e.name || e.tagName, first, marked: outlineStyle !== 'none' && outlineWidth !== '0px', inView: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth }
    })
    if (!at) {
      ends++
      continue
    }
    if (at.first) break
    names.push(at.name)
    if (!at.marked) wrong(`${name}, keyboard: ${at.name} does not show that it has the focus`)
    if (!at.inView) wrong(`${name}, keyboard: ${at.name} has the focus, and is not in view`)
    if (names.length > 200) {
      wrong(`${name}, keyboard: got no end of ${names}`)
      break
    }
  }
  await page.evaluate(() => { for (const e of document.querySelectorAll('*')) delete e.walked })
  return names
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
