import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { removeDemoOf } from '../support/demo.ts'
import { eventually } from '../support/eventually.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
let data: string
let npm: ChildProcess | undefined
let output: string

beforeEach(async () => {
  await build()
  data = await mkdtemp(path.join(os.tmpdir(), 'desk-start-'))
}, 300_000)
afterEach(async () => {
  npm?.kill('SIGTERM')
  await eventually(() => expectGone())
  await removeDemoOf(data)
  await rm(data, { recursive: true, force: true })
})

/** Where there is no display, whatever this machine has. */
function start(...args: string[]): Promise<number | null> {
  const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' }
  const child = spawn('npm', ['start', '--silent', '--', ...args], { cwd: ROOT, env })
  npm = child
  output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  return new Promise((resolve) => child.on('exit', resolve))
}

const address = (): string => {
  const found = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(output)?.[0]
  if (found === undefined) throw new Error(`No address yet: ${output}`)
  return found
}

async function expectGone(): Promise<void> {
  if (!output.includes('http://')) return
  await expect(fetch(new URL('/', address()))).rejects.toThrow()
}

test('npm start says in a line why there is no window, and prints an address that answers', async () => {
  void start('--data', data)
  const url = await eventually(address, { timeoutMs: 30_000 })
  expect(output).toMatch(/^Starting without a window, since [^\n]+\.\nHosting Desk is at http/m)
  const response = await fetch(url, { redirect: 'manual' })
  expect(response.status).toBe(303)
})

test('what npm start started ends with it', async () => {
  const ended = start('--data', data)
  await eventually(address, { timeoutMs: 30_000 })
  npm?.kill('SIGTERM')
  await ended
  await eventually(() => expectGone())
})

test('npm start ends with the code of what it started', async () => {
  expect(await start('--port', 'none')).toBe(2)
  expect(output).toContain('--port')
})
