// Records the answers of jsonata 2.0.6 (npm) to the cases in testdata/cases, in
// the tables that the tests read:
//
//   npm install --prefix DIR jsonata@2.0.6
//   node record.mjs DIR
//
// A file of cases holds one expression per line. A line that begins with "#" is a
// comment. A line that begins with "input: " or "bindings: " sets the input or the
// bindings, as JSON, for the expressions after it. "\n" in an expression is a
// newline.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

process.env.TZ = 'UTC'; // a time without a zone is in local time on Node.js
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const require = createRequire(path.resolve(process.argv[2] ?? '.', 'package.json'));
const load = () => { // loads it anew, because it stores the position of the last call in its built-in functions
  delete require.cache[require.resolve('jsonata')];
  return require('jsonata');
};
if (require('jsonata/package.json').version !== '2.0.6') throw new Error('jsonata 2.0.6 is required: run npm install --prefix DIR jsonata@2.0.6');

const cases = path.join(here, 'cases');
for (const file of fs.readdirSync(cases).sort()) {
  const table = [];
  let input, bindings;
  for (const line of fs.readFileSync(path.join(cases, file), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('input: ')) {
      input = line === 'input: undefined' ? undefined : JSON.parse(line.slice(7));
      bindings = undefined;
    } else if (line.startsWith('bindings: ')) {
      bindings = JSON.parse(line.slice(10));
    } else {
      table.push(await record(line, input, bindings));
    }
  }
  const out = path.join(here, path.basename(file, '.txt') + '.json');
  fs.writeFileSync(out, '[\n' + table.map((c) => JSON.stringify(c)).join(',\n') + '\n]\n');
  console.log(`${path.basename(out)}: ${table.length}`);
}

async function record(expr, input, bindings) {
  const c = { expr, input, bindings };
  try {
    // A clone, because an evaluation marks the arrays of its input.
    const result = await load()(expr).evaluate(structuredClone(input), structuredClone(bindings));
    if (result === undefined) c.undefined = true;
    else c.result = exported(result);
  } catch (e) {
    c.error = { code: e.code ?? '', message: e.message, position: e.position ?? 0 };
  }
  return c;
}

// Returns what Step Functions puts in the place of values that JSON cannot represent.
function exported(v) {
  if (typeof v === 'number' && !Number.isFinite(v)) return String(v);
  if (typeof v === 'function' || v?._jsonata_lambda || v?._jsonata_function) return '';
  if (Array.isArray(v)) return Array.from(v, (x) => (x === undefined ? null : exported(x)));
  if (v !== null && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, exported(x)]));
  return v;
}
