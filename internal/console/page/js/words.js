// Numbers, times and durations in words.
const whole = new Intl.NumberFormat('en')

export const thousands = (n) => whole.format(n)

export const count = (n, what) => `${thousands(n)} ${what}${n === 1 ? '' : 's'}`

// share returns a part of all in percent. It does not round a few to none, nor almost all to all.
export function share(n, all) {
  if (!all) return '0%'
  const text = (100 * n / all).toFixed(1)
  if (text === '0.0' && n > 0) return '<0.1%'
  if (text === '100.0' && n < all) return '>99.9%'
  return text + '%'
}

const two = (n) => String(n).padStart(2, '0')

// clock returns a time in the zone of the browser, with the day unless that is today.
export function clock(value) {
  const at = new Date(value)
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  if (at.toDateString() === new Date().toDateString()) return time
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`
}

export const milliseconds = (value) => clock(value) + '.' + String(new Date(value).getMilliseconds()).padStart(3, '0')

// duration returns a duration as job/report does. It rounds before it looks for the unit: there
// are no 60 s.
export function duration(ms) {
  const rounded = Math.round(ms)
  if (rounded < 1000) return `${rounded} ms`
  const tenths = Math.round(ms / 100)
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}

// areNumbers reports whether a column of a table has numbers, which are aligned to the right. The
// rule is that of job/report.
export const areNumbers = (rows, column) => rows.length > 0 && rows.every((row) => /^[-\d.,%<>]+$/.test(row?.[column] ?? ''))

export function bytes(n) {
  if (n < 1024) return count(n, 'byte')
  if (n < 1 << 20) return `${(n / 1024).toFixed(1)} KiB`
  return `${(n / (1 << 20)).toFixed(1)} MiB`
}
