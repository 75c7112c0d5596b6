// Stands where Drush with Provision stands on a server of Aegir's, for tests over a real login. For what a real one was
// recorded doing it replays the recording: the same bytes on the same streams, the same exit code, as fast as it is told;
// only the name of the context and the options that were sent are put into its answer, where the real one repeats them.
// Beside that it keeps contexts as Provision does, and breaks in the ways that were seen.
//
// Beside it lie `setup.json` (what a test wants of it) and `recordings/`; it writes `journal.jsonl`.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const HERE = import.meta.dirname
const ALIASES = path.join(os.homedir(), '.drush')
const setup = JSON.parse(fs.readFileSync(path.join(HERE, 'setup.json'), 'utf8'))
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'))
const isBackend = flags.some((flag) => flag.startsWith('--backend'))
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Who loses the connection loses the stream, and ends by it.
process.stdout.on('error', () => process.exit(141))
process.stderr.on('error', () => process.exit(141))

const START = '\0DRUSH_BACKEND_OUTPUT_START>>>'
const END = '<<<DRUSH_BACKEND_OUTPUT_END'
const phpJson = (value) =>
  JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

const note = (entry) =>
  fs.appendFileSync(
    path.join(HERE, 'journal.jsonl'),
    `${JSON.stringify({ ...entry, pid: process.pid, at: Date.now() })}\n`,
  )

// ---- contexts -------------------------------------------------------------------------------------------------------

const fileOf = (name) => path.join(ALIASES, `${name}.alias.drushrc.php`)
const PHP = '<?php // context_type '

function readContext(name) {
  let text
  try {
    text = fs.readFileSync(fileOf(name), 'utf8')
  } catch {
    return undefined
  }
  if (!text.startsWith(PHP)) return { broken: true }
  return JSON.parse(text.slice(PHP.length))
}

function writeContext(name, record) {
  fs.mkdirSync(ALIASES, { recursive: true })
  fs.writeFileSync(fileOf(name), `${PHP}${JSON.stringify(record)}`)
}

/** What is empty is ignored, and one word unsets. */
function saveContext(name, options) {
  if (options.delete) return fs.rmSync(fileOf(name), { force: true })
  const record = readContext(name) ?? { context_type: 'server' }
  for (const [key, value] of Object.entries(options)) {
    if (key === 'hosting_desk_sum') continue
    if (value === 'null') delete record[key]
    else if (value && value !== '0' && !(Array.isArray(value) && value.length === 0))
      record[key] = value
  }
  if (record.context_type === 'site') {
    record.site_enabled ??= true
    const platform = readContext(String(record.platform).replace(/^@/, ''))
    record.root = platform?.root ?? record.root
    record.site_path = `${record.root}/sites/${record.uri}`
  }
  return writeContext(name, record)
}

// ---- standard input -------------------------------------------------------------------------------------------------

/** Read once, 80 ms after the start, without waiting: a file whole, a pipe as far as it is there. */
async function readOptions() {
  if (!isBackend) return {}
  let text = ''
  try {
    if (fs.fstatSync(0).isFile()) text = fs.readFileSync(0, 'utf8')
    else if (!fs.fstatSync(0).isCharacterDevice()) {
      await sleep(80)
      const bytes = Buffer.alloc(100 * 1024)
      const read = fs.readSync(0, bytes, 0, bytes.length, null)
      text = bytes.toString('utf8', 0, read)
    }
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

// ---- answers --------------------------------------------------------------------------------------------------------

const findRecording = (name) =>
  name !== undefined && fs.existsSync(path.join(HERE, 'recordings', `${name}.stdout`))
    ? {
        stdout: fs.readFileSync(path.join(HERE, 'recordings', `${name}.stdout`)),
        stderr: fs.readFileSync(path.join(HERE, 'recordings', `${name}.stderr`)),
        exitCode: Number(fs.readFileSync(path.join(HERE, 'recordings', `${name}.exit`), 'utf8')),
      }
    : undefined

const frameOf = ({ on, options, errors = {}, object = [], context = {} }) => ({
  output: '',
  object,
  error_status: Object.keys(errors).length > 0 ? 1 : 0,
  log: [],
  error_log: Object.keys(errors).length > 0 ? errors : [],
  ...(on === undefined ? {} : { self: { ...readContext(on) } }),
  context: {
    ...(on === undefined ? {} : { '#name': on, ...readContext(on) }),
    ...options,
    ...context,
  },
})

/** An answer in words of our own, for what nobody has recorded. */
function made(answer) {
  const errors = Object.entries(answer.errors ?? {})
  const packets = [
    {
      type: 'notice',
      message: `${answer.title} begins`,
      timestamp: Date.now() / 1000,
      packet: 'log',
    },
    {
      type: 'success',
      message: `${answer.title} is over`,
      timestamp: Date.now() / 1000,
      packet: 'log',
    },
    ...errors.map(([error, [message]]) => ({ error, message, packet: 'set_error' })),
  ]
  const stderr = packets.map((packet) => `\0DRUSH_BACKEND:${phpJson(packet)}\n\0`).join('')
  return {
    stdout: Buffer.from(`${START}${phpJson(frameOf(answer))}${END}`),
    stderr: Buffer.from(stderr),
    exitCode: errors.length > 0 ? 1 : 0,
  }
}

/** The recording with this run's context and options in its answer. */
function replayed(recording, { on, options, context = {} }) {
  const text = recording.stdout.toString('latin1')
  const start = text.lastIndexOf(START)
  const end = text.lastIndexOf(END)
  if (start < 0 || end < 0) return recording
  const frame = JSON.parse(text.slice(start + START.length, end))
  const said = {
    ...frame.context,
    ...(on === undefined ? {} : { '#name': on }),
    ...options,
    ...context,
  }
  const stdout = `${text.slice(0, start)}${START}${phpJson({ ...frame, context: said })}${END}`
  return { ...recording, stdout: Buffer.from(stdout, 'latin1') }
}

/** Both streams, packet by packet, over the time that it takes; then the end. */
async function send({ stdout, stderr, exitCode }) {
  const parts = stderr.toString('latin1').split(/(?<=\n)/)
  const pauseMs = (setup.durationMs ?? 0) / Math.max(1, parts.length)
  let dueMs = 0
  for (const part of parts) {
    process.stderr.write(Buffer.from(part, 'latin1'))
    dueMs += pauseMs
    if (dueMs < 5) continue
    await sleep(dueMs)
    dueMs = 0
  }
  await new Promise((resolve) => process.stdout.write(stdout, resolve))
  process.exitCode = exitCode
}

// ---- commands -------------------------------------------------------------------------------------------------------

const RECORDED = {
  'server provision-verify': 'verify-server-ok-b2',
  'server provision-delete': 'delete-server-b2',
  'platform provision-verify': 'verify-platform-ok-b2',
  'platform provision-delete': 'delete-platform-b2',
  'platform provision-lock': 'lock-platform-b2',
  'platform provision-unlock': 'unlock-platform-b2',
  'site provision-install': 'install-site-ok-b2',
  'site provision-verify': 'verify-site-ok-b2',
  'site provision-backup': 'backup-site-named-b2',
  'site provision-backup-delete': 'backup-delete-b2',
  'site provision-restore': 'restore-site-b2',
  'site provision-clone': 'clone-site-b2',
  'site provision-migrate': 'migrate-site-b2',
  'site provision-enable': 'enable-site-b2',
  'site provision-disable': 'disable-site-b2',
  'site provision-login-reset': 'login-reset-b2',
  'site provision-delete': 'delete-site-b2',
  'save server': 'save-server-post-b2',
  'save platform': 'save-platform-post-b2',
  'save site': 'save-site-post-b2',
  'save delete': 'delete-alias-server-b2',
}

const CALLING_FRONTEND = ['provision-clone', 'provision-migrate', 'provision-import']
const hasControlFile = () => fs.existsSync(path.join(os.homedir(), 'static/control/FastTrack.info'))
const bare = (name) => name.replace(/^@/, '')

/** What a command leaves of the contexts, and what it tells of itself. */
function effectOf(command, on, args, options) {
  const record = readContext(on)
  switch (command) {
    case 'provision-enable':
    case 'provision-disable':
      writeContext(on, { ...record, site_enabled: command === 'provision-enable' })
      return {}
    case 'provision-clone':
      saveContext(bare(args[0]), {
        ...record,
        uri: bare(args[0]),
        platform: args[1] ?? record.platform,
      })
      return {}
    case 'provision-migrate': {
      const name = bare(args[1] ?? on)
      if (name !== on) fs.rmSync(fileOf(on))
      saveContext(name, { ...record, uri: name, platform: args[0] })
      return {}
    }
    case 'provision-deploy':
      return fs.existsSync(args[0])
        ? {}
        : { errors: { PROVISION_BACKUP_NOT_FOUND: ['No such file'] } }
    case 'provision-delete':
      fs.rmSync(fileOf(on), { force: true })
      return {}
    case 'provision-backup': {
      const folder = path.join(os.homedir(), 'backups')
      const name = `${on}-${new Date()
        .toISOString()
        .replace(/[-:]|\..*/g, '')
        .replace('T', '.')}.tar.gz`
      const file = args[0] ?? path.join(folder, name)
      fs.mkdirSync(path.dirname(file), { recursive: true })
      // A site's folder as a test has put it there; otherwise what only has a size.
      const files = path.join(os.homedir(), 'site-files')
      if (fs.existsSync(files)) execFileSync('tar', ['-czf', file, '-C', files, '.'])
      else fs.writeFileSync(file, `a backup of ${on}`)
      return { context: { backup_file: file, backup_file_size: fs.statSync(file).size } }
    }
    case 'provision-backup-delete':
      for (const file of args[0].split(',')) fs.rmSync(file, { force: true })
      return {}
    // Aegir takes out whatever looks like a line of its own.
    case 'hosting-pause': {
      const lines = execFileSync('crontab', ['-l'], { encoding: 'utf8' }).split('\n')
      const left = lines.filter((line) => !/SHELL=|PATH=|hosting-dispatch/.test(line)).join('\n')
      execFileSync('crontab', ['-'], { input: left === '' ? '\n' : left })
      return {}
    }
    case 'provision-import':
      writeContext(on, { ...record, ...options, hosting_desk_sum: undefined })
      return {}
    default:
      return {}
  }
}

async function perform(on, command, args) {
  const options = await readOptions()
  if (command === 'provision-save') {
    const name = bare(args[0])
    saveContext(name, options)
    const kind = options.delete ? 'delete' : (readContext(name)?.context_type ?? 'server')
    const recording = findRecording(RECORDED[`save ${kind}`])
    return recording === undefined
      ? made({ title: command, options })
      : replayed(recording, { options })
  }
  if (CALLING_FRONTEND.includes(command) && setup.frontend !== 'alive' && !hasControlFile()) {
    const message = `The drush command 'hosting-task @${on} verify' could not be found.`
    // An import has done its work by the time it calls.
    if (command === 'provision-import') effectOf(command, on, args, options)
    return made({ title: command, on, options, errors: { DRUSH_COMMAND_NOT_FOUND: [message] } })
  }
  const type = readContext(on)?.context_type
  const before = { on, options }
  const { context, errors } = effectOf(command, on, args, options)
  const recording = findRecording(RECORDED[`${type} ${command}`])
  return recording === undefined || errors !== undefined
    ? made({ title: command, ...before, context, errors })
    : replayed(recording, { ...before, context })
}

// ---- endings that are none ------------------------------------------------------------------------------------------

const brokenAlias = (name) => ({
  stdout: Buffer.from(`\nParse error: odd word in ${fileOf(name)} on line 4\n`),
  stderr: Buffer.from(`PHP Parse error:  odd word in ${fileOf(name)} on line 4\n`),
  exitCode: 1,
})
const unknownAlias = (name) => ({
  stdout: Buffer.alloc(0),
  stderr: Buffer.from(`Could not find the alias @${name}            [error]\n`),
  exitCode: 1,
})

/** A fault that a test has ordered for this command; each is used up. */
function takeFault(command, on) {
  const file = path.join(HERE, 'faults.json')
  if (!fs.existsSync(file)) return undefined
  const faults = JSON.parse(fs.readFileSync(file, 'utf8'))
  const at = faults.findIndex((one) => one.command === command && (one.on ?? on) === on)
  if (at < 0) return undefined
  const [fault] = faults.splice(at, 1)
  fs.writeFileSync(file, JSON.stringify(faults))
  return fault
}

async function withFault(fault, answer) {
  switch (fault?.kind) {
    case undefined:
      return answer
    case 'recording':
      return findRecording(fault.name) ?? answer
    case 'no-frame':
      return { ...answer, stdout: Buffer.from('nothing of use\n') }
    case 'not-utf8':
      return {
        ...answer,
        stdout: Buffer.from(`${START}${END}`),
        stderr: Buffer.concat([Buffer.from([0xff, 0xc3, 0x28, 0x0a]), answer.stderr]),
      }
    case 'options-lost': {
      const text = answer.stdout
        .toString('latin1')
        .replace(/"hosting_desk_sum":"[^"]*"/, '"lost":1')
      return { ...answer, stdout: Buffer.from(text, 'latin1') }
    }
    case 'error':
      return made({ title: 'It', errors: { [fault.code]: ['ordered by a test'] } })
    default:
      throw new Error(`no such fault: ${fault.kind}`)
  }
}

// ---- what Drush itself knows ----------------------------------------------------------------------------------------

function listAliases(names) {
  const broken = names.find((name) => readContext(bare(name))?.broken)
  if (broken !== undefined) return brokenAlias(bare(broken))
  const known = names.filter((name) => readContext(bare(name)) !== undefined)
  const object = Object.fromEntries(known.map((name) => [bare(name), readContext(bare(name))]))
  if (known.length === 0) return unknownAlias(bare(names[0] ?? ''))
  return isBackend
    ? made({ title: 'site-alias', object })
    : { stdout: Buffer.from(`${phpJson(object)}\n`), stderr: Buffer.alloc(0), exitCode: 0 }
}

async function main() {
  if (flags.includes('--version'))
    return {
      stdout: Buffer.from(' Drush Version   :  8.4.12 \n\n'),
      stderr: Buffer.alloc(0),
      exitCode: 0,
    }
  const [alias, command, ...args] = words[0]?.startsWith('@') ? words : ['@none', ...words]
  const on = alias === '@none' ? undefined : bare(alias)
  if (command === 'site-alias') return listAliases(args)
  if (command === 'core-status' && on === 'hostmaster')
    return setup.frontend === 'alive'
      ? made({ title: command, object: { bootstrap: 'Successful' } })
      : unknownAlias(on)
  if (on !== undefined && readContext(on) === undefined) return unknownAlias(on)
  if (on !== undefined && readContext(on).broken) return brokenAlias(on)
  const about = on ?? bare(args[0] ?? '')
  note({ event: 'begin', command, on: about, args })
  const fault = takeFault(command, about)
  const answer = await withFault(fault, await perform(on, command, args))
  await send(answer)
  note({ event: 'end', command, on: about, exitCode: answer.exitCode })
  return undefined
}

const answer = await main()
if (answer !== undefined) await send(answer)
