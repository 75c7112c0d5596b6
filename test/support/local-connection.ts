import { spawn } from 'node:child_process'
import type { Connection, ExecResult } from '../../main/ssh/connection.ts'
import type { Runs } from '../../main/ssh/run.ts'
import { commandLine } from '../../main/ssh/shell-quote.ts'

export interface LocalConnection extends Connection {
  /** Every command that was run, as the far shell read it. */
  readonly lines: string[]
}

/** A connection whose far side is a shell of this machine with a home folder of its own; it has no runs. */
export function localConnection(
  home: string,
  {
    node = { path: process.execPath, version: process.version },
    greeting = '',
  }: { node?: { path: string; version: string } | null; greeting?: string } = {},
): LocalConnection {
  const lines: string[] = []
  return {
    lines,
    far: { uid: 1000, user: 'someone', home, system: 'Linux', clockOffsetMs: 0, node },
    runs: undefined as unknown as Runs,
    closed: new Promise(() => {}),
    exec({ argv, script, stdin }) {
      const line = commandLine(argv, script)
      lines.push(line)
      const shell = greeting === '' ? line : `echo '${greeting}'; ${line}`
      return runShell(shell, home, stdin ?? '')
    },
  }
}

function runShell(line: string, home: string, stdin: Buffer | string): Promise<ExecResult> {
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: home,
    env: { HOME: home, PATH: '/usr/bin:/bin' },
  })
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) =>
      resolve({ exitCode: exitCode ?? -1, signal, stdout: Buffer.concat(stdout), stderr }),
    )
  })
}
