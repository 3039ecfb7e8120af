// Answers expressions with jsonata 2.0.6 (npm), for the differential test:
//
//   node oracle.mjs DIR
//
// DIR is the folder whose node_modules holds jsonata. Each line of standard input
// is a case, {"expr": ..., "input": ...}, and each line of standard output is the
// answer: {"undefined": true}, {"result": TEXT}, {"code", "message", "position"}, or
// {"crash": TEXT} for an error of JavaScript. TEXT is JSON.
//
// The source of jsonata is changed for differences that the package comment
// describes and that would hide others: elements and members are evaluated one
// after the other, whole numbers keep their digits in a string, partially applied
// built-in functions refuse what their signatures do, functions have no members,
// a missing value matches no regular expression, a predicate after a block applies
// to its value, a value does not show its parents and variables, the context of an object
// constructor does not change, ranges beyond 2^53 end, weeks of the years 0 to 99 are
// theirs, a function updates no object and is not spread, and a function does not remember the position
// of its last call.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { createRequire } from 'node:module';

process.env.TZ = 'UTC';
const now = 1764000000000; // the time of the test
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now);
    else super(...args);
  }
  static now() {
    return now;
  }
};
const require = createRequire(path.resolve(process.argv[2] ?? '.', 'package.json'));
if (require('jsonata/package.json').version !== '2.0.6') throw new Error('jsonata 2.0.6 is required');

let source = fs.readFileSync(require.resolve('jsonata'), 'utf8');
const change = (from, to) => {
  if (!source.includes(from)) throw new Error(`jsonata has changed: ${from}`);
  source = source.replace(from, to);
};
change('await Promise.all(expr.expressions\n                    .map(async (item, idx) => {', 'await (oneByOne(expr.expressions, async (item, idx) => {');
change('await Promise.all(Object.keys(groups).map(async (key, idx) => {', 'await (oneByOne(Object.keys(groups), async (key, idx) => {');
change('? Number(val.toPrecision(15)) :', '? (Number.isInteger(val) && Math.abs(val) < 1e21 ? val : Number(val.toPrecision(15))) :');
change("} else if (input !== null && typeof input === 'object') {", "} else if (input !== null && typeof input === 'object' && !isFunction(input)) {");
change("if (input !== null && typeof input === 'object') {\n            Object.keys(input).forEach(function (key) {\n                var value", "if (input !== null && typeof input === 'object' && !isFunction(input)) {\n            Object.keys(input).forEach(function (key) {\n                var value");
change("} else if (expr.type === 'block') {\n                // only the last", "} else if (expr.type === 'block' && !expr.predicate && !expr.group) {\n                // only the last");
change('var tuple = reduceTupleStream(entry.data);', 'var tuple = { ...reduceTupleStream(entry.data) };');
change('async function applyInner(proc, args, input, environment) {', 'async function applyInner(proc, args, input, environment) { const at = proc?.position, name = proc?.token;');
change("typeof proc.token !== 'undefined') {\n                    err.token = proc.token;", "typeof name !== 'undefined') {\n                    err.token = name;");
change('err.position = proc.position || err.position;', 'err.position = at || err.position;');
change('result = await evaluateSortExpression(expr, tupleBindings, environment);', 'result = await evaluateSortExpression(expr, tupleBindings, environment); result.tupleStream = true;');
change('item <= rhs; item++, index++)', 'index < size; item = lhs + ++index)');
change('input.push(undefined);', 'input = [undefined];');
change('async function evaluate(expr, input, environment) {', `async function evaluate(expr, input, environment) {
        const v = await evaluateTuples(expr, input, environment);
        if (!v || !v.tupleStream) return v;
        const values = createSequence();
        for (const tuple of v) values.push(tuple['@']);
        return values.length === 0 ? undefined : values.length === 1 ? values[0] : values;
    }
    async function evaluateTuples(expr, input, environment) {`);
change("var res = await evaluate(expr, tupleBindings[ee]['@'], stepEnv);", "var res = await evaluateTuples(expr, tupleBindings[ee]['@'], stepEnv);");
change('result = await evaluate(expr.expressions[ii], input, frame);', 'result = await evaluateTuples(expr.expressions[ii], input, frame);');
change('re.lastIndex = fromIndex || 0;', 'if (str === undefined) return undefined; re.lastIndex = fromIndex || 0;');
change('result = await apply(func, [lhs], null, environment);', 'forget(func); result = await apply(func, [lhs], null, environment);');
change('return await apply(arg, params, null, environment);', 'forget(arg); return await apply(arg, params, null, environment);');
change('var result = proc.apply(focus, args);', 'checkTypes(proc, args); var result = proc.apply(focus, args);');

for (const year of ['ym', 'thisYear', 'thisMonth']) {
  source = source.replaceAll(`Date.UTC(${year}.year,`, `exactDate(${year}.year,`);
}
source = source.replaceAll('Date.UTC(date.getUTCFullYear(),', 'exactDate(date.getUTCFullYear(),');
change("} else if (arg !== null && typeof arg === 'object' && !isLambda(arg)) {", "} else if (arg !== null && typeof arg === 'object' && !isFunction(arg)) {");
change("if(updateType !== 'object' ||", "if(updateType !== 'object' || isFunction(update) ||");

// The helpers that the changed source calls.
const exactDate = (year, month, day = 1) => new Date(0).setUTCFullYear(year, month, day);
const oneByOne = async (list, f) => {
  const out = [];
  for (let i = 0; i < list.length; i++) out.push(await f(list[i], i));
  return out;
};
const forget = (f) => {
  if (f !== null && typeof f === 'object') {
    delete f.position;
    delete f.token;
  }
};
const signatures = new Map(); // by implementation
const checkTypes = (implementation, args) => {
  const parameters = signatures.get(implementation) ?? [];
  args.forEach((arg, i) => {
    if (arg === undefined || parameters.length === 0) return;
    const [, types, element] = parameters[Math.min(i, parameters.length - 1)];
    const allowed = types.replace('x', 'asnblfo').replace('j', 'asnblo');
    const fits = allowed.includes(letter(arg)) && !(element && types === 'a' && arg.some((item) => letter(item) !== element));
    if (!fits) throw { code: 'T0410', value: arg, index: i + 1 };
  });
};
const letter = (v) => {
  if (typeof v === 'function' || v?._jsonata_lambda || v?._jsonata_function) return 'f';
  if (v === null) return 'l';
  if (Array.isArray(v)) return 'a';
  return { undefined: 'm', boolean: 'b', number: 'n', string: 's', object: 'o' }[typeof v];
};

const module = { exports: {} };
new Function('module', 'exports', 'oneByOne', 'forget', 'checkTypes', 'exactDate', source)(module, module.exports, oneByOne, forget, checkTypes, exactDate);
const jsonata = module.exports;

// The built-in functions keep the position of their last call, which would appear
// in the errors of later expressions.
const names = [...source.matchAll(/staticFrame\.bind\('(\w+)'/g)].map((m) => m[1]);
const builtins = [];
for (const name of names) {
  const f = await jsonata('$' + name).evaluate(null);
  builtins.push(f);
  const parameters = f.signature.definition.slice(1).split(/:[^:]*$/)[0];
  signatures.set(f.implementation, [...parameters.matchAll(/(\w|\([^)]*\))(?:<([^>]*)>)?[-?+]*/g)].map((m) => [m[0], m[1].replace(/[()]/g, ''), m[2]]));
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { expr, input } = JSON.parse(line);
  builtins.forEach(forget);
  let answer;
  try {
    const result = await jsonata(expr).evaluate(input);
    answer = result === undefined ? { undefined: true } : { result: JSON.stringify(exported(result)) };
  } catch (e) {
    if (e instanceof Error && e.code === undefined) answer = { crash: `${e.name}: ${e.message}` };
    else answer = { code: e.code ?? '', message: e.message ?? '', position: e.position ?? 0 };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}

// Returns what Step Functions puts in the place of values that JSON cannot represent.
function exported(v) {
  if (typeof v === 'number' && !Number.isFinite(v)) return String(v);
  if (typeof v === 'function' || v?._jsonata_lambda || v?._jsonata_function) return '';
  if (Array.isArray(v)) return Array.from(v, (x) => (x === undefined ? null : exported(x)));
  if (v !== null && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, exported(x)]));
  return v;
}
