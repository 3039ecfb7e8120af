// JSON with line breaks.

const longest = 1 << 20 // of a result: the spaces of what is nested deeply are its square

const tokens = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g

// pretty returns JSON with line breaks, and other text as it is. Its strings and numbers stay as
// they are written: 1.0, or a number that has more digits than one of JavaScript. If the result
// would be long, it is the text.
export function pretty(text) {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  const list = text.match(tokens)
  const lines = []
  let line = ''
  let depth = 0
  let length = 0
  const end = () => {
    lines.push(line)
    length += line.length + 1
    line = '  '.repeat(depth)
  }
  for (const [i, token] of list.entries()) {
    if (length > longest) return text
    if (token === '{' || token === '[') {
      line += token
      if (list[i + 1] === '}' || list[i + 1] === ']') continue
      depth++
      end()
    } else if (token === '}' || token === ']') {
      if (list[i - 1] !== '{' && list[i - 1] !== '[') {
        depth--
        end()
      }
      line += token
    } else if (token === ',') {
      line += token
      end()
    } else line += token === ':' ? ': ' : token
  }
  return [...lines, line].join('\n')
}
