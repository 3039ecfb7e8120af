// Preact with htm: components are classes, and html`…` makes elements. Texts are text
// nodes, never markup.
import { Component, createRef, h, render } from '../vendor/preact.mjs'
import htm from '../vendor/htm.mjs'

export { Component, createRef, render }
export const html = htm.bind(h)
