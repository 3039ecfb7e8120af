// Records which files a Node.js program reads and which programs it starts, in
// the log of package reads. Node.js loads it before the program, and before what
// the program starts.
'use strict';
const fs = require('fs');
const path = require('path');
const url = require('url');

const log = fs.openSync(process.env.MAPJOB_READS, 'a');
const { writeSync } = fs;
const written = new Set();

// What a line says, as in package reads.
const access = { began: 'node', opened: 'open', looked: 'stat', whole: 'tree', matched: 'glob', started: 'start by node' };

function write(line) {
  try {
    writeSync(log, JSON.stringify(line) + '\n');
  } catch (e) {
    throw new Error("mapjob can't record what the app reads: " + e.message);
  }
}

// The libraries of the CDK, which Go's modules bring along, and the temporary
// folders that they are loaded from.
const temporary = /[/\\](jsii-(runtime\.|kernel-)[^/\\]+|aws[/\\]jsii[/\\]package-cache|com\.amazonaws\.jsii[/\\]package-cache)([/\\]|$)/;
const cache = process.env.JSII_RUNTIME_PACKAGE_CACHE_ROOT;
const isLibrary = (at) => temporary.test(at) || (cache && at.startsWith(path.resolve(cache)));

// Temporary folders that the program makes, as the CDK does for custom resources:
// what is in them is the program's own.
const own = [];
const isOwn = (at) => own.some((folder) => at === folder || at.startsWith(folder + path.sep));
const { mkdtempSync } = fs;
fs.mkdtempSync = function (...args) {
  const made = mkdtempSync.apply(this, args);
  own.push(path.resolve(made.toString()));
  return made;
};

function record(what, where) {
  let at;
  if (where instanceof URL) at = url.fileURLToPath(where);
  else if (Buffer.isBuffer(where)) at = where.toString();
  else if (typeof where === 'string') at = where.startsWith('file:') ? url.fileURLToPath(where) : where;
  else return; // a file that is open already
  if (what !== access.started && what !== access.matched) at = path.resolve(at);
  const line = what + ' ' + at;
  if (written.has(line) || isLibrary(at) || isOwn(at)) return;
  written.add(line);
  write({ access: what, path: at });
}

// replace makes functions of a module record their first argument.
function replace(module, names, what) {
  for (const name of names) {
    const original = module[name];
    if (typeof original !== 'function') continue;
    module[name] = Object.assign(function (...args) {
      const kind = what(args);
      if (kind) record(kind, args[0]);
      return original.apply(this, args);
    }, original);
  }
}

const all = (names) => names.flatMap((name) => [name, name + 'Sync']);
const writes = (flags) => typeof flags === 'string' && /^[wa]/.test(flags);
const kinds = [
  [['open'], (args) => !writes(args[1]) && access.opened],
  [['readFile', 'copyFile', 'readlink', 'opendir', 'createReadStream', 'openAsBlob'], () => access.opened],
  [['readdir'], (args) => (args[1] && args[1].recursive ? access.whole : access.opened)],
  [['cp'], () => access.whole],
  [['glob'], () => access.matched],
  [['stat', 'lstat', 'exists', 'access', 'realpath'], () => access.looked],
];
for (const [names, what] of kinds) {
  replace(fs, all(names), what);
  replace(fs.promises, names, what);
}
for (const name of ['realpath', 'realpathSync']) {
  replace(fs[name], ['native'], () => access.looked);
}

// Other Node.js programs record what they read themselves.
const other = (args) => args[0] !== process.execPath && access.started;
replace(require('child_process'), ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync'], other);
require('module').syncBuiltinESMExports();

write({ access: access.began });
