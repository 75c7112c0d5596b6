import { NAMED_BY_RUNS } from './named-by-runs.ts'
/**
 * Runs on the server, by its Node (18 or newer, CommonJS): reads the program on standard input, checks its hash, puts it
 * in place by a rename, moves the link `bin/provision` up, and removes folders that are neither among the newest two
 * nor named by a run. A fixed text: its values come as arguments (desk folder, program folder, version, SHA-256).
 */
export const INSTALL_PROGRAM = String.raw`
'use strict'
const fs = require('node:fs'), path = require('node:path'), crypto = require('node:crypto')
const [desk, folder, version, sha256] = process.argv.slice(1)
process.umask(0o077)
const programs = path.join(desk, 'program')
const fail = (text) => { console.error(text); process.exit(1) }

function put(bytes) {
  if (crypto.createHash('sha256').update(bytes).digest('hex') !== sha256)
    fail('The program arrived damaged.')
  fs.mkdirSync(programs, { recursive: true })
  const aside = fs.mkdtempSync(path.join(programs, '.new-'))
  try {
    const fd = fs.openSync(path.join(aside, 'provision.mjs'), 'wx', 0o700)
    fs.writeFileSync(fd, bytes)
    fs.fsyncSync(fd)
    fs.closeSync(fd)
    moveInto(aside, path.join(programs, folder))
  } finally {
    fs.rmSync(aside, { recursive: true, force: true })
  }
}

function moveInto(aside, target) {
  try {
    fs.renameSync(aside, target)
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(error.code)) throw error
    // Another connection was quicker, or what lies there is damaged: the file itself is replaced in one go.
    fs.renameSync(path.join(aside, 'provision.mjs'), path.join(target, 'provision.mjs'))
  }
}

const parts = (text) => (text.match(/^\d+(\.\d+)*/) || ['0'])[0].split('.').map(Number)
function isOlder(one, other) {
  const [a, b] = [parts(one), parts(other)]
  for (let i = 0; i < Math.max(a.length, b.length); i++)
    if ((a[i] || 0) !== (b[i] || 0)) return (a[i] || 0) < (b[i] || 0)
  return false
}

function linked() {
  try {
    return path.basename(path.dirname(fs.readlinkSync(path.join(desk, 'bin', 'provision'))))
  } catch {
    return undefined
  }
}

function linkUp() {
  const now = linked()
  if (now !== undefined && isOlder(version, now)) return
  fs.mkdirSync(path.join(desk, 'bin'), { recursive: true })
  const aside = path.join(desk, 'bin', '.provision-' + process.pid)
  fs.rmSync(aside, { force: true })
  fs.symlinkSync(path.join('..', 'program', folder, 'provision.mjs'), aside)
  fs.renameSync(aside, path.join(desk, 'bin', 'provision'))
}

${NAMED_BY_RUNS}

function prune() {
  const dayAgo = Date.now() - 86400000
  const mtime = (name) => { try { return fs.statSync(path.join(programs, name)).mtimeMs } catch { return 0 } }
  const names = namesIn(programs)
  const whole = names.filter((name) => !name.startsWith('.')).sort((a, b) => mtime(b) - mtime(a))
  const isNamed = namedByRuns()
  const old = whole.slice(2).filter((name) => name !== folder && name !== linked() && !isNamed(name))
  const halves = names.filter((name) => name.startsWith('.new-') && mtime(name) < dayAgo)
  for (const name of [...old, ...halves])
    fs.rmSync(path.join(programs, name), { recursive: true, force: true })
}

const bytes = []
process.stdin.on('data', (part) => bytes.push(part))
process.stdin.on('end', () => {
  try {
    put(Buffer.concat(bytes))
    linkUp()
    prune()
    console.log('installed')
  } catch (error) {
    fail(String(error && error.message || error))
  }
})
`
