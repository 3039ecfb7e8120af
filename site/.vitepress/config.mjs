import {existsSync, readFileSync} from 'node:fs'
import {dirname, join, posix} from 'node:path'
import {defineConfig} from 'vitepress'

const root = join(import.meta.dirname, '..', '..')
const docs = join(root, 'docs')
const github = 'https://github.com/mapjob/mapjob'
// where the site is served: / or a folder, such as /mapjob/ for pages of a project
const base = process.env.SITE_BASE ?? '/'

// titleOf returns the title of a page of docs, as text.
const titleOf = page => readFileSync(join(docs, page), 'utf8').match(/^# (.*)$/m)[1].replaceAll('`', '')
const addressOf = page => '/' + page.replace(/README\.md$/, '').replace(/\.md$/, '.html')

// pagesOf returns the pages of its folder that an index links to, in their order.
function pagesOf(index) {
	const folder = posix.dirname(index)
	const names = [...readFileSync(join(docs, index), 'utf8').matchAll(/\]\(([^)#/]+\.md)[)#]/g)].map(m => posix.join(folder, m[1]))
	return [...new Set(names)].filter(name => name !== index)
}

// sidebar is the contents in docs/README.md: its sections, and below the index of a
// folder the pages of that folder.
function sidebar() {
	const text = readFileSync(join(docs, 'README.md'), 'utf8')
	return text.split(/^## /m).slice(1).map(section => ({
		text: section.split('\n')[0],
		items: [...section.matchAll(/^\| \[.*?\]\(([^)]+)\)/gm)].map(m => m[1]).filter(page => !page.startsWith('..')).map(page => {
			const item = {text: titleOf(page), link: addressOf(page)}
			if (page.endsWith('/README.md')) Object.assign(item, {collapsed: true, items: pagesOf(page).map(p => ({text: titleOf(p), link: addressOf(p)}))})
			return item
		}),
	}))
}

// anchor is the anchor that GitHub gives to a heading.
const anchor = text => text.trim().toLowerCase().replace(/[^\p{L}\p{Nd} _-]/gu, '').replaceAll(' ', '-')

// links leads links out of docs to GitHub, and those to README.md to its folder.
function links(md) {
	md.core.ruler.push('links', state => {
		const here = posix.join('docs', posix.dirname(state.env.relativePath ?? 'index.md'))
		for (const block of state.tokens) for (const token of block.children ?? []) {
			const href = token.type === 'link_open' ? token.attrGet('href') : null
			if (!href || /^([a-z]+:|#)/.test(href)) continue
			const [path, fragment] = href.split('#')
			const target = posix.join(here, path)
			if (target.startsWith('docs/') && path.endsWith('.md')) {
				token.attrSet('href', href.replace(/README\.md(?=$|#)/, 'index.md'))
				continue
			}
			if (!existsSync(join(root, target))) throw new Error(`${state.env.relativePath}: got a link to ${href}, expected a file that exists`)
			token.attrSet('href', `${github}/blob/main/${target}${fragment ? '#' + fragment : ''}`)
		}
	})
}

// drawings makes a component of each block of Mermaid.
function drawings(md) {
	const fence = md.renderer.rules.fence
	md.renderer.rules.fence = (tokens, i, ...rest) =>
		tokens[i].info.trim() === 'mermaid' ? `<Drawing text="${encodeURIComponent(tokens[i].content)}" />\n` : fence(tokens, i, ...rest)
}

export default defineConfig({
	title: 'mapjob',
	description: 'Fan-out jobs on AWS Step Functions, in Go',
	lang: 'en-US',
	base,
	srcDir: '.pages',
	outDir: '../bin/site',
	cacheDir: '../bin/site-cache',
	metaChunk: true,
	// The theme has syntax that esbuild does not rewrite for older browsers.
	vite: {build: {chunkSizeWarningLimit: 3000, target: 'es2022'}},
	markdown: {
		anchor: {slugify: anchor},
		config(md) {
			md.use(links)
			md.use(drawings)
		},
	},
	themeConfig: {
		sidebar: sidebar(),
		outline: {level: [2, 3]},
		search: {provider: 'local'},
		socialLinks: [{icon: 'github', link: github}],
		externalLinkIcon: true,
	},
})
