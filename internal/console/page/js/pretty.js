// JSON with line breaks.

const tokens = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g

// pretty returns JSON with line breaks, and other text as it is. Its strings and numbers stay as
// they are written: 1.0, or a number that has more digits than one of JavaScript.
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
  const end = () => {
    lines.push(line)
    line = '  '.repeat(depth)
  }
  list.forEach((token, i) => {
    if (token === '{' || token === '[') {
      line += token
      if (list[i + 1] === '}' || list[i + 1] === ']') return
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
  })
  return [...lines, line].join('\n')
}
