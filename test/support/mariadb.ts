import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from './eventually.ts'

/** A real MariaDB with data folder and socket of its own, without a port. */
export interface MariaDb {
  socket: string
  /** Of the one that runs now. */
  readonly pid: number
  /** Asks as root; rows as lines, columns parted by tabs. */
  query(sql: string): string
  stop(): Promise<void>
  /** Starts it again with the data that it had. */
  restart(): Promise<void>
}

/** One client that goes on, for who asks often. The caller closes it. */
export interface DatabaseClient {
  /** Asks as root, one question after another; lines as `MariaDb.query` gives them. */
  query(sql: string): Promise<string[]>
  close(): void
}

/** Small and quick to start; a test's data needs no more. */
const OPTIONS = [
  '--skip-networking',
  '--innodb-log-file-size=16M',
  '--innodb-buffer-pool-size=32M',
  '--performance-schema=OFF',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_general_ci',
  '--max-allowed-packet=64M',
]

/** In a folder that is made for it; what a killed test left there goes first. The caller stops it. */
export async function startMariaDb(folder: string): Promise<MariaDb> {
  endLeftOver(folder)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const data = path.join(folder, 'data')
  execFileSync('cp', ['-a', ensureFreshData(), data])
  const { uid, gid } = statSync(data)
  const runFolder = path.join(folder, 'run')
  mkdirSync(runFolder, { mode: 0o755 })
  chownSync(runFolder, uid, gid)
  const socket = path.join(runFolder, 'mysqld.sock')
  const files = [`--datadir=${data}`, `--socket=${socket}`, `--pid-file=${pidFile(folder)}`]
  const log = `--log-error=${path.join(runFolder, 'error.log')}`
  const query = (sql: string): string => ask(socket, sql)
  const start = async (): Promise<ChildProcess> => {
    const argv = ['--no-defaults', '--user=mysql', ...files, log, ...OPTIONS]
    const child = spawn('/usr/sbin/mariadbd', argv, { stdio: 'ignore' })
    await eventually(() => query('SELECT 1'), { timeoutMs: 30_000 })
    return child
  }
  let child = await start()
  return {
    socket,
    get pid() {
      return child.pid ?? 0
    },
    query,
    stop: () => stop(child),
    async restart() {
      await stop(child)
      child = await start()
    },
  }
}

const pidFile = (folder: string): string => path.join(folder, 'run', 'pid')

const clientOptions = (socket: string): string[] => [
  '--no-defaults',
  `--socket=${socket}`,
  '--user=root',
  '--batch',
  '--skip-column-names',
]

const ask = (socket: string, sql: string): string =>
  execFileSync('mariadb', clientOptions(socket), { input: sql, encoding: 'utf8', stdio: 'pipe' })

/** What a client of ours prints after each answer. */
const END = 'end-of-answer'

export function openDatabaseClient(socket: string): DatabaseClient {
  const child = spawn('mariadb', [...clientOptions(socket), '--unbuffered'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async query(sql) {
      child.stdin.write(`${sql};\nSELECT '${END}';\n`)
      const answer: string[] = []
      for (;;) {
        const { done, value } = await lines.next()
        if (done === true) throw new Error(`MariaDB refused: ${sql}`)
        if (value === END) return answer
        answer.push(value)
      }
    },
    close: () => child.stdin.end(),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** A data folder as the package makes it, made once on a machine: making one takes seconds. */
function ensureFreshData(): string {
  const fresh = path.join(tmpdir(), 'hosting-desk-mariadb-fresh')
  if (existsSync(fresh)) return fresh
  const making = `${fresh}.${process.pid}`
  const helper = '/usr/lib/mysql/plugin/auth_pam_tool_dir'
  const before = existsSync(helper) ? statSync(helper) : undefined
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      '--user=mysql',
      `--datadir=${making}`,
      '--auth-root-authentication-method=socket',
      '--skip-test-db',
      '--innodb-log-file-size=16M',
    ],
    { stdio: 'pipe' },
  )
  // It sets these rights to what its own options say, on the package's folder.
  if (before !== undefined) chownSync(helper, before.uid, before.gid)
  if (before !== undefined) chmodSync(helper, before.mode & 0o7777)
  renameSync(making, fresh)
  return fresh
}

function endLeftOver(folder: string): void {
  try {
    const pid = Number(readFileSync(pidFile(folder), 'utf8').trim())
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) process.kill(pid, 'SIGKILL')
  } catch {
    // nothing is left over
  }
}
