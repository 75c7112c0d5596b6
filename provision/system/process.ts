import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { ownMarking } from './children.ts'
import { cancelled } from './provision-error.ts'

export interface Ended {
  exitCode: number
  /** Both streams, as far as they fit. */
  output: string
}

const MAX_OUTPUT = 256 * 1024

/**
 * Runs a program without a shell, with nothing or `input` on its standard input. What an input that breaks off means is
 * for the program to say: to it, that is the end of it. `isOwnSession`: a cancel of our process group
 * does not reach it. A program that TERM ended means that we were cancelled, since TERM goes to the group.
 */
export async function runProgram(
  argv: readonly [string, ...string[]],
  {
    signal,
    isOwnSession = false,
    input,
    env = {},
  }: {
    signal?: AbortSignal
    isOwnSession?: boolean
    input?: Readable
    /** Beside this program's own. */
    env?: Readonly<Record<string, string>>
  } = {},
): Promise<Ended> {
  const [program, ...args] = argv
  // Loaded late: most commands start no program, and loading this takes a tenth of a start.
  const { spawn } = await import('node:child_process')
  // What is to outlive us is nobody's child.
  const mark = isOwnSession ? {} : await ownMarking()
  if (signal?.aborted) throw cancelled()
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: isOwnSession,
      env: { ...process.env, LC_ALL: 'C', ...mark, ...env },
    })
    if (input !== undefined && child.stdin !== null) {
      input.on('error', () => child.stdin?.end())
      // It may have read enough.
      child.stdin.on('error', () => input.destroy())
      input.pipe(child.stdin)
    }
    const stop = (): void => void child.kill('SIGTERM')
    signal?.addEventListener('abort', stop, { once: true })
    let output = ''
    const take = (bytes: Buffer): void => {
      if (output.length < MAX_OUTPUT) output += bytes.toString('utf8')
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.on('error', reject)
    child.on('close', (exitCode, killedBy) => {
      signal?.removeEventListener('abort', stop)
      if (killedBy === 'SIGTERM' || signal?.aborted) reject(cancelled())
      else if (exitCode === null)
        reject(new Error(`${program} was ended by ${killedBy ?? 'a signal'}`))
      else resolve({ exitCode, output: output.slice(0, MAX_OUTPUT) })
    })
  })
}

/** A program whose output is read as it comes. */
export interface Started {
  output: AsyncIterable<Buffer>
  /** Waits for its end; what is left of its output is nobody's. */
  end(): Promise<{ exitCode: number; complaint: string }>
  /** Ends it, where it has not ended. */
  stop(): void
}

/** Starts a program without a shell. Cancelled, it is ended. */
export async function startProgram(
  [program, ...args]: readonly [string, ...string[]],
  { signal }: { signal: AbortSignal },
): Promise<Started> {
  const { spawn } = await import('node:child_process')
  const mark = await ownMarking()
  if (signal.aborted) throw cancelled()
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...mark },
    signal,
  })
  let complaint = ''
  child.stderr.on('data', (bytes: Buffer) => {
    if (complaint.length < MAX_OUTPUT) complaint += bytes.toString('utf8')
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve(exitCode ?? -1))
  })
  // Who does not wait for its end has another failure to tell.
  ended.catch(() => {})
  const output = child.stdout[Symbol.asyncIterator]() as AsyncGenerator<Buffer>
  return {
    output,
    async end() {
      // Only the iterator itself can read on: while it is there, `resume` does nothing, and the program never ends.
      await drain(output)
      return { exitCode: await ended, complaint: complaint.trim() }
    },
    stop: () => void child.kill('SIGTERM'),
  }
}

async function drain(output: AsyncGenerator<Buffer>): Promise<void> {
  try {
    while ((await output.next()).done !== true);
  } catch {
    // A stream that broke off is the program's end, which tells why.
  }
}

// A command over SSH often has no sbin in its PATH.
const MORE_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/sbin',
]

/** The full path of a program, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...MORE_FOLDERS]
  for (const folder of folders.filter((one) => one.startsWith('/'))) {
    const file = path.join(folder, name)
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return file
  }
  return undefined
}

export const sendSignal = (pid: number, signal: 'SIGHUP' | 'SIGQUIT' | 'SIGUSR1'): void =>
  void process.kill(pid, signal)

export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms))
