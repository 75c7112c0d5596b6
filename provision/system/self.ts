import { open, realpath } from 'node:fs/promises'

export interface SelfOptions {
  stdin: string
  outFile: string
  errFile: string
  /** Stops it as a cancel would: with TERM to its group, and KILL where it does not end. */
  signal: AbortSignal
  /** Told the process, which leads a group of its own. */
  onStart: (pid: number) => Promise<void>
}

/** This program's own file, through links: a link may move up while we run. */
export const ownProgram = (): Promise<string> => realpath(process.argv[1] ?? '')

/** How long a command has to take back what it did. */
const GRACE_MS = 30_000

/** Runs another command of this very program; returns its exit code, as a shell would tell it. */
export async function runOurselves(argv: readonly string[], options: SelfOptions): Promise<number> {
  const { spawn } = await import('node:child_process')
  const out = await open(options.outFile, 'ax', 0o600)
  const err = await open(options.errFile, 'ax', 0o600)
  try {
    const program = await ownProgram()
    const child = spawn(process.execPath, [program, ...argv], {
      stdio: ['pipe', out.fd, err.fd],
      detached: true,
    })
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.stdin)
    const { pid } = child
    if (pid === undefined) return await ended
    const stopping = stopWith(options.signal, pid)
    try {
      await options.onStart(pid)
      return await ended
    } finally {
      stopping.end()
    }
  } finally {
    await out.close()
    await err.close()
  }
}

function stopWith(signal: AbortSignal, pid: number): { end: () => void } {
  let killer: NodeJS.Timeout | undefined
  const send = (name: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      process.kill(-pid, name)
    } catch {
      // It has ended already.
    }
  }
  const stop = (): void => {
    send('SIGTERM')
    killer = setTimeout(() => send('SIGKILL'), GRACE_MS)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    end() {
      signal.removeEventListener('abort', stop)
      clearTimeout(killer)
    },
  }
}
