import { spawn } from 'node:child_process'
import type { Connection, ExecResult } from '../../main/ssh/connection.ts'
import type { Runs } from '../../main/ssh/run.ts'
import { commandLine } from '../../main/ssh/shell-quote.ts'

export interface LocalConnection extends Connection {
  /** Every command that was run, as the far shell read it. */
  readonly lines: string[]
}

type FarNode = Connection['far']['node']
const OWN_NODE: FarNode = { path: process.execPath, version: process.version }

/** A connection whose far side is a shell of this machine with a home folder of its own; it has no runs. `nodeAfterwards` is there
 * when it is asked again. */
export function localConnection(
  home: string,
  {
    node = OWN_NODE,
    nodeAfterwards = node,
    greeting = '',
  }: { node?: FarNode; nodeAfterwards?: FarNode; greeting?: string } = {},
): LocalConnection {
  const lines: string[] = []
  const far = { uid: 1000, user: 'someone', home, system: 'Linux', clockOffsetMs: 0, node }
  return {
    lines,
    far,
    askAgain() {
      far.node = nodeAfterwards
      return Promise.resolve()
    },
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
