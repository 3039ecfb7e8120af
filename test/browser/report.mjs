// Opens the reports of FOLDER as files, on a laptop and a telephone in both schemes, and prints
// them. With SHOTS, a folder, it leaves what it saw there. It prints what is wrong, a line each.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const { FOLDER, SHOTS, CHROMIUM } = process.env
const problems = []
const wrong = (text) => problems.push(text)

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
try {
  for (const name of readdirSync(FOLDER)) {
    const page = await browser.newPage()
    const address = pathToFileURL(`${FOLDER}/${name}`).href
    page.on('console', (m) => wrong(`${name}: the console of the browser: ${m.text()}`))
    page.on('pageerror', (e) => wrong(`${name}: an error of the page: ${e.message}`))
    page.on('dialog', (d) => { wrong(`${name}: a dialog: ${d.message()}`); d.dismiss() })
    page.on('request', (r) => { if (r.url() !== address) wrong(`${name}: a request to ${r.url()}`) })
    await page.goto(address)
    if (await page.locator('script, img, a, iframe, link, [style]').count() > 0) wrong(`${name}: the page has more than texts`)
    const backs = new Set()
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width, height: 900 })
        const at = `${name}, ${colorScheme}, ${width}`
        const seen = await page.evaluate(() => {
          const bar = document.querySelector('.bar rect')
          return { wide: document.documentElement.scrollWidth, high: document.documentElement.scrollHeight, back: getComputedStyle(document.body).backgroundColor,
            bar: bar && [getComputedStyle(bar).fill, bar.getBoundingClientRect().height] }
        })
        backs.add(seen.back)
        if (seen.wide > width) wrong(`${at}: the page is ${seen.wide} pixels wide`)
        if (seen.high > 30_000) wrong(`${at}: the page is ${seen.high} pixels high`)
        if (!seen.bar || seen.bar[0] === 'rgb(0, 0, 0)' || seen.bar[1] < 10) wrong(`${at}: got the bar ${seen.bar}, expected a colour and a height: the policy refuses the style`)
        // The protocol of the browser is not bound by the page's policy, so axe may run.
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
        for (const v of violations) if (v.impact !== 'minor') wrong(`${at}: ${v.impact}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`)
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png`, fullPage: true })
      }
    }
    if (backs.size !== 2) wrong(`${name}: got the backgrounds ${[...backs]}, expected a light and a dark one`)

    // Few colours of a high contrast: what says something by its colour keeps it.
    await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' })
    await page.setViewportSize({ width: 640, height: 900 })
    const forced = await page.evaluate(() => {
      const back = getComputedStyle(document.body).backgroundColor
      const seen = (e, property) => e && ![back, 'rgba(0, 0, 0, 0)'].includes(getComputedStyle(e)[property])
      return { bar: seen(document.querySelector('.bar rect'), 'fill'), dot: seen(document.querySelector('.dot'), 'backgroundColor'), wide: document.documentElement.scrollWidth }
    })
    if (!forced.bar || !forced.dot || forced.wide > 640) wrong(`${name}, forced colours at 200%: got ${JSON.stringify(forced)}, expected a bar and a dot that are seen, and at most 640 pixels`)
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-forced.png`, fullPage: true })

    // Paper is white, whatever the scheme, and as wide as it is.
    await page.emulateMedia({ media: 'print', colorScheme: 'dark', forcedColors: 'none' })
    await page.setViewportSize({ width: 688, height: 1017 }) // A4 within its margins
    const paper = await page.evaluate(() => ({ back: getComputedStyle(document.body).backgroundColor, wide: document.documentElement.scrollWidth }))
    if (paper.back !== 'rgb(255, 255, 255)' || paper.wide > 688) wrong(`${name}, printed: got the background ${paper.back} and ${paper.wide} pixels, expected white and at most 688`)
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true })
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
    if (pages < 1 || pages > 15) wrong(`${name}, printed: got ${pages} pages, expected 1 to 15`)
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-printed.png`, fullPage: true })
    if (SHOTS) writeFileSync(`${SHOTS}/${name}.pdf`, pdf)
    await page.close()
  }
} catch (e) {
  wrong(e.stack)
}
await browser.close()
for (const p of problems) console.log(p)
process.exit(problems.length > 0 ? 1 : 0)
