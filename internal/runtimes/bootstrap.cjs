// Runs a function in JavaScript: loads its handler, and asks the Lambda Runtime
// API for invocations.
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const {pathToFileURL} = require('node:url')
const {inspect} = require('node:util')

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new http.Agent({keepAlive: true, maxSockets: 1})
let current // the path of the invocation that runs

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : {'Content-Length': Buffer.byteLength(body)}
    const request = http.request({hostname, port, agent, method, path: '/2018-06-01/runtime/' + where, headers: {...headers, ...length}}, response => {
      const parts = []
      response.on('data', part => parts.push(part)).on('error', reject)
      response.on('end', () => resolve({headers: response.headers, text: Buffer.concat(parts).toString()}))
    })
    request.on('error', reject)
    request.end(body)
  })
}

function failure(name, message) {
  const error = new Error(message)
  error.name = name
  return error
}

// textOf returns any value as text: some have no String.
function textOf(value) {
  try {
    return String(value)
  } catch {
    return inspect(value)
  }
}

async function fail(where, error) {
  const known = error instanceof Error || typeof error?.message === 'string'
  const described = known
    ? {errorType: textOf(error.name || error.constructor?.name || 'Error'), errorMessage: textOf(error.message), trace: textOf(error.stack).split('\n')}
    : {errorType: typeof error, errorMessage: textOf(error), trace: []}
  console.error('ERROR', described.errorType, described.errorMessage, '\n' + described.trace.join('\n'))
  await call('POST', where, JSON.stringify(described), {'Lambda-Runtime-Function-Error-Type': described.errorType.replace(/[^\x20-\x7e]/g, '?')})
}

async function load(handler) {
  const match = /^((?:.*\/)?[^./]+)\.(.+)$/.exec(handler)
  if (!match) throw failure('Runtime.MalformedHandlerName', `Bad handler ${handler}: expected MODULE.FUNCTION`)
  const [, module, name] = match
  const at = path.resolve(process.env.LAMBDA_TASK_ROOT, module)
  const file = ['', '.js', '.mjs', '.cjs'].map(end => at + end).find(f => fs.statSync(f, {throwIfNoEntry: false})?.isFile())
  if (!file) throw failure('Runtime.ImportModuleError', `Error: Cannot find module '${module}'`)
  let loaded
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (error) {
    throw error instanceof SyntaxError ? failure('Runtime.UserCodeSyntaxError', textOf(error.stack)) : failure('Runtime.ImportModuleError', textOf(error))
  }
  const find = from => name.split('.').reduce((value, part) => value?.[part], from)
  const handle = find(loaded) ?? find(loaded.default)
  if (typeof handle !== 'function') throw failure('Runtime.HandlerNotFound', `${handler} is undefined or not exported`)
  return handle
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
}

// answer calls a handler, which returns a promise or a value, or calls back.
function answer(handle, event, context) {
  return new Promise((resolve, reject) => {
    const output = handle(event, context, (error, value) => error === undefined || error === null ? resolve(value) : reject(error))
    if (typeof output?.then === 'function') output.then(resolve, reject)
    else if (handle.length < 3) resolve(output)
  })
}

async function main() {
  let handle
  try {
    handle = await load(process.env._HANDLER)
  } catch (error) {
    await fail('init/error', error)
    process.exit(1)
  }
  for (const kind of ['uncaughtException', 'unhandledRejection']) {
    process.on(kind, async error => {
      if (kind === 'unhandledRejection') error = failure('Runtime.UnhandledPromiseRejection', textOf(error))
      if (current) await fail(current + '/error', error)
      process.exit(1)
    })
  }
  for (;;) {
    const {headers, text} = await call('GET', 'invocation/next')
    current = 'invocation/' + headers['lambda-runtime-aws-request-id']
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? ''
    let output
    try {
      output = JSON.stringify(await answer(handle, JSON.parse(text), contextOf(headers))) ?? 'null'
    } catch (error) {
      await fail(current + '/error', error)
      current = undefined
      continue
    }
    const answered = current
    current = undefined
    await call('POST', answered + '/response', output)
  }
}

main()
