import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { build } from '../../tools/build.ts'
import { eventually } from './eventually.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const COUNTING_PROGRAM = path.join(import.meta.dirname, 'counting-program.mjs')
const NODE = path.join(ROOT, 'node_modules/.bin/node')

/** The built application in a folder of its own, so that no other build takes its files away. */
export interface Installation {
  headless: string
  cli: string
  remove(): void
}

/** Builds what is stale and copies it; `isCounting` puts the counting program where the one for servers stands. */
export async function installBuilt({ isCounting = false } = {}): Promise<Installation> {
  await build()
  const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-built-'))
  const dist = path.join(folder, 'dist')
  cpSync(path.join(ROOT, 'dist'), dist, {
    recursive: true,
    filter: (file) => !path.relative(ROOT, file).startsWith('dist/.'),
  })
  cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'))
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  if (isCounting) cpSync(COUNTING_PROGRAM, path.join(dist, 'provision/provision.mjs'))
  return {
    headless: path.join(dist, 'main/headless.js'),
    cli: path.join(dist, 'main/cli.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Whether a child has ended, by itself or by a signal. */
export const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null

/** The headless application as a process of its own. */
export class Headless {
  readonly child: ChildProcess
  readonly data: string
  #out = ''
  #err = ''
  readonly #sockets: WebSocket[] = []
  readonly #ended: Promise<number | null>

  constructor({ headless }: Installation, data: string, port: number | string = 0) {
    this.data = data
    this.child = spawn(NODE, [headless, '--data', data, `--port=${port}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.on('data', (bytes: Buffer) => (this.#out += bytes.toString()))
    this.child.stderr?.on('data', (bytes: Buffer) => (this.#err += bytes.toString()))
    this.#ended = new Promise((resolve) => this.child.once('close', (code) => resolve(code)))
  }

  /** The one-time address that it printed last. Waits until it has printed one. */
  address(timeoutMs = 30_000): Promise<string> {
    return eventually(
      () => {
        const found = [...this.#out.matchAll(/^Hosting Desk is at (\S+)$/gm)].at(-1)?.[1]
        if (found === undefined) throw new Error(`No address: ${this.#out}${this.#err}`)
        return found
      },
      { timeoutMs },
    )
  }

  get err(): string {
    return this.#err
  }

  /** The same calls that the page has, over the socket of the data folder. */
  async calls(): Promise<DeskClient> {
    await this.address()
    const socket = new WebSocket('ws://localhost/rpc', {
      createConnection: () => connect(path.join(this.data, 'desk.sock')),
    })
    this.#sockets.push(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return createORPCClient(new RPCLink({ websocket: socket }))
  }

  /** Its exit code once it has ended; null where a signal ended it. */
  ended(): Promise<number | null> {
    return this.#ended
  }

  kill(): Promise<number | null> {
    return this.#end('SIGKILL')
  }

  /** Asks it to end, as Ctrl+C does. */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  #end(signal: NodeJS.Signals): Promise<number | null> {
    for (const socket of this.#sockets.splice(0)) socket.terminate()
    if (!hasEnded(this.child)) this.child.kill(signal)
    return this.#ended
  }
}

/** A process of the command line: what it wrote, and its exit code once it has ended. */
export class CommandLine {
  readonly child: ChildProcess
  out = ''
  err = ''
  readonly #ended: Promise<number | null>

  constructor(
    { cli }: Installation,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.child = spawn(NODE, [cli, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.child.stdout?.on('data', (bytes: Buffer) => (this.out += bytes.toString()))
    this.child.stderr?.on('data', (bytes: Buffer) => (this.err += bytes.toString()))
    this.#ended = new Promise((resolve) => this.child.once('close', (code) => resolve(code)))
  }

  async ended(): Promise<{ code: number | null; out: string; err: string }> {
    const code = await this.#ended
    return { code, out: this.out, err: this.err }
  }

  async kill(): Promise<void> {
    if (!hasEnded(this.child)) this.child.kill('SIGKILL')
    await this.#ended
  }
}

/** The one-time address that the data folder keeps for the command line. */
export const keptAddress = (data: string): string =>
  readFileSync(path.join(data, 'headless.url'), 'utf8').trim()
