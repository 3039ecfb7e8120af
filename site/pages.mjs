// Copies the pages of docs to .pages, in which VitePress finds them: README.md of a
// folder is its index.md there.
import {cpSync, readdirSync, renameSync, rmSync} from 'node:fs'
import {join} from 'node:path'

const to = join(import.meta.dirname, '.pages')
rmSync(to, {recursive: true, force: true})
cpSync(join(import.meta.dirname, '..', 'docs'), to, {recursive: true})
for (const name of readdirSync(to, {recursive: true}))
	if (name === 'README.md' || name.endsWith('/README.md')) renameSync(join(to, name), join(to, name.replace(/README\.md$/, 'index.md')))
