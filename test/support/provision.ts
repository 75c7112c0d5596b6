import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import {
  parseEvent,
  type ProvisionEvent,
  type ProvisionResult,
  renderRequest,
} from '#shared/protocol/provision.ts'
import { build } from '../../tools/build.ts'
import { ensureSandboxAccount } from './sandbox-account.ts'

/** For the servers of tests: a machine that is busy with tests is no reason to put work off. */
export const ANY_LOAD = 1_000_000

const PROGRAM = path.join(import.meta.dirname, '../../dist/provision/provision.mjs')

export interface Ran {
  exitCode: number | null
  events: ProvisionEvent[]
  result: ProvisionResult
  stderr: string
}

/** A command that goes on; `ended` resolves with what it printed. */
export interface Running {
  child: ChildProcess
  ended: Promise<Ran>
}

/** A home folder of its own for an unprivileged account, in which the bundled program runs. */
export interface ProvisionHome {
  home: string
  run(argv: readonly string[], request?: JsonRecord | string): Promise<Ran>
  /** The same where the program may be killed, or kills itself. */
  runOrDie(
    argv: readonly string[],
    request: JsonRecord,
    env: Readonly<Record<string, string>>,
    under?: readonly string[],
  ): Promise<Ran | 'killed'>
  /** `under`: the command line of a program that starts ours. */
  start(
    argv: readonly string[],
    request?: JsonRecord | string,
    env?: Readonly<Record<string, string>>,
    under?: readonly string[],
  ): Running
  save(name: string, contextOptions: JsonRecord): Promise<Ran>
  /** Puts a file below the home folder, as the account's own; returns its path. */
  put(name: string, text: string, mode?: number): string
  /** Every path below the home folder with its mode and content, to compare a before with an after. */
  tree(): string[]
  remove(): void
}

/**
 * Builds the program where it is stale, or takes the one given. Run as root, the program runs as the named account, else
 * as ourselves.
 */
export async function makeProvisionHome({
  user = 'hdtest',
  programFile,
}: { user?: string; programFile?: string } = {}): Promise<ProvisionHome> {
  if (programFile === undefined) await build({ targets: ['provision'] })
  const owner =
    process.getuid?.() === 0 ? ensureSandboxAccount(user).uid : (process.getuid?.() ?? 0)
  const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-provision-'))
  chmodSync(folder, 0o755)
  const program = path.join(folder, 'provision.mjs')
  copyFileSync(programFile ?? PROGRAM, program)
  const home = path.join(folder, 'home')
  mkdirSync(home, { mode: 0o700 })
  chownSync(home, owner, owner)
  const node = reachableNode(folder, owner)
  const own = (file: string): void => chownSync(file, owner, owner)

  const start: ProvisionHome['start'] = (argv, request = {}, env = {}, under = []) => {
    const child = spawn('/usr/bin/env', [...under, node, program, ...argv], {
      uid: owner,
      gid: owner,
      cwd: home,
      detached: true,
      env: { HOME: home, PATH: '/usr/bin:/bin', ...env },
    })
    child.stdin.on('error', () => {})
    child.stdin.end(typeof request === 'string' ? request : renderRequest(request))
    return { child, ended: collect(child) }
  }
  const run: ProvisionHome['run'] = (argv, request) => start(argv, request).ended
  return {
    home,
    start,
    run,
    runOrDie: (...args) => orKilled(start(...args)),
    save: (name, contextOptions) => run(['provision-save', `@${name}`], { contextOptions }),
    put(name, text, mode = 0o644) {
      const file = path.join(home, name)
      const below = path.dirname(name).split('/')
      below.forEach((_, index) => {
        const parent = path.join(home, ...below.slice(0, index + 1))
        mkdirSync(parent, { recursive: true })
        own(parent)
      })
      writeFileSync(file, text)
      chmodSync(file, mode)
      own(file)
      return file
    },
    tree: () => listTree(home, ''),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What a command came to that may be killed, or kill itself. */
export async function orKilled({ child, ended }: Running): Promise<Ran | 'killed'> {
  // Where it was killed there is no result.
  const ran = await ended.catch((error: unknown) => {
    if (child.signalCode !== 'SIGKILL') throw error
  })
  return ran ?? 'killed'
}

/** Our own Node, or a copy of it where the account cannot reach it. */
export function reachableNode(folder: string, uid: number): string {
  const probe = spawnSync(process.execPath, ['-e', '0'], { uid, gid: uid, cwd: '/' })
  if (probe.status === 0) return process.execPath
  const copy = path.join(folder, 'node')
  copyFileSync(process.execPath, copy)
  chmodSync(copy, 0o755)
  return copy
}

/** What a command prints: events with one result as the last of them. */
export function collect(child: ChildProcess): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString('utf8')))
  child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      const lines = stdout.split('\n').filter(Boolean)
      const events = lines.flatMap((line) => parseEvent(line) ?? [])
      const results = events.filter((event) => event.event === 'result')
      const [result] = results
      if (result === undefined || results.length > 1 || events.length !== lines.length)
        reject(new Error(`not one result, or stray lines:\n${stdout}\n${stderr}`))
      else if (events.at(-1) !== result) reject(new Error(`the result is not last:\n${stdout}`))
      else resolve({ exitCode, events, result, stderr })
    })
  })
}

/** What nginx writes while it runs; only that it is there is compared. */
const LIVING = /^nginx\/(log\/|run\/nginx\.pid)/
/** What only spares work where it is there. */
const MARKS = ['nginx/run/loaded']

/** Paths below a folder with mode and content, as `tree` gives them. */
export function listTree(root: string, below: string): string[] {
  return readdirSync(path.join(root, below))
    .sort()
    .flatMap((name) => {
      const here = path.join(below, name)
      const info = lstatSync(path.join(root, here))
      const mode = (info.mode & 0o7777).toString(8)
      if (MARKS.includes(here)) return []
      if (info.isDirectory()) return [`${here}/ ${mode}`, ...listTree(root, here)]
      const content = info.isFile() && !LIVING.test(here) ? hash(path.join(root, here)) : ''
      return [`${here} ${mode} ${content}`]
    })
}

const hash = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)
