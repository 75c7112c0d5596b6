import { NAMED_BY_RUNS } from './named-by-runs.ts'
/**
 * Runs on the server, by its Node (18 or newer, CommonJS): reads the files of an extension's server half on standard
 * input, checks their hash, puts them in place by a rename, and removes folders of this extension that are neither among
 * the newest two nor named by a run. A fixed text: its values come as arguments (desk folder, name, folder, SHA-256).
 */
export const INSTALL_EXTENSION = String.raw`
'use strict'
const fs = require('node:fs'), path = require('node:path'), crypto = require('node:crypto')
const [desk, name, folder, sha256] = process.argv.slice(1)
process.umask(0o077)
const all = path.join(desk, 'extensions')
const fail = (text) => { console.error(text); process.exit(1) }

function put(bytes) {
  if (crypto.createHash('sha256').update(bytes).digest('hex') !== sha256)
    fail('The extension arrived damaged.')
  fs.mkdirSync(all, { recursive: true })
  const aside = fs.mkdtempSync(path.join(all, '.new-'))
  try {
    for (const [file, content] of JSON.parse(bytes.toString('utf8'))) {
      if (!/^[A-Za-z0-9][\w.-]{0,99}\.mjs$/.test(file)) fail('A file has a name that is not allowed.')
      const fd = fs.openSync(path.join(aside, file), 'wx', 0o600)
      fs.writeFileSync(fd, Buffer.from(content, 'base64'))
      fs.fsyncSync(fd)
      fs.closeSync(fd)
    }
    moveInto(aside, path.join(all, folder))
  } finally {
    fs.rmSync(aside, { recursive: true, force: true })
  }
}

function moveInto(aside, target) {
  try {
    fs.renameSync(aside, target)
  } catch (error) {
    // Another connection was quicker: its folder holds the same files.
    if (!['EEXIST', 'ENOTEMPTY'].includes(error.code)) throw error
  }
}

${NAMED_BY_RUNS}

function prune() {
  const dayAgo = Date.now() - 86400000
  const mtime = (one) => { try { return fs.statSync(path.join(all, one)).mtimeMs } catch { return 0 } }
  const names = namesIn(all)
  const mine = names.filter((one) => one.slice(0, -9) === name && /-[0-9a-f]{8}$/.test(one))
  const isNamed = namedByRuns()
  const old = mine
    .sort((a, b) => mtime(b) - mtime(a))
    .slice(2)
    .filter((one) => one !== folder && !isNamed(one))
  const halves = names.filter((one) => one.startsWith('.new-') && mtime(one) < dayAgo)
  for (const one of [...old, ...halves])
    fs.rmSync(path.join(all, one), { recursive: true, force: true })
}

const bytes = []
process.stdin.on('data', (part) => bytes.push(part))
process.stdin.on('end', () => {
  try {
    put(Buffer.concat(bytes))
    prune()
    console.log('installed')
  } catch (error) {
    fail(String(error && error.message || error))
  }
})
`
