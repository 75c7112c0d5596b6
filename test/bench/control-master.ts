import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { SandboxAccount } from '../support/sandbox-account.ts'
import type { Sshd } from '../support/sshd.ts'

/** OpenSSH's own client with a connection that stays open: what one would script with instead. */
export class ControlMaster {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'hd-cm-'))
  readonly args: readonly string[]

  constructor(sshd: Sshd, account: SandboxAccount) {
    const knownHosts = path.join(this.folder, 'known_hosts')
    writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${sshd.hostKey.type} ${sshd.hostKey.key}\n`)
    this.args = [
      ...['-F', 'none', '-S', path.join(this.folder, 'control'), '-p', String(sshd.port)],
      ...['-i', account.keyFile, '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${knownHosts}`],
      `${account.user}@127.0.0.1`,
    ]
    execFileSync('ssh', ['-M', '-N', '-f', ...this.args], { stdio: 'ignore' })
  }

  run(command: string, stdin = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile('ssh', [...this.args, command], (error, stdout) => {
        if (error === null) resolve(stdout)
        else reject(new Error(error.message))
      })
      child.stdin?.end(stdin)
    })
  }

  /** Shell lines, eight at a time. */
  async runMany(lines: readonly string[], parallel: number): Promise<void> {
    const child = spawn('xargs', ['-P', String(parallel), '-d', '\\n', '-n', '1', 'sh', '-c'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    child.stdin.end(lines.join('\n'))
    await new Promise<void>((resolve, reject) => {
      child.on('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`xargs ended with ${code}`)),
      )
    })
  }

  close(): void {
    execFileSync('ssh', ['-O', 'exit', ...this.args], { stdio: 'ignore' })
    rmSync(this.folder, { recursive: true, force: true })
  }
}
