import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { HostKey } from '#shared/contract/backend.ts'
import { BootstrapParameters } from '#shared/contract/bootstrap.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { renderRequest } from '#shared/protocol/provision.ts'
import { renderBootstrap } from '../../main/bootstrap/script.ts'
import { build } from '../../tools/build.ts'
import { freePort } from './free-port.ts'
import { type MariaDb, startMariaDb } from './mariadb.ts'
import { collect, type Ran, reachableNode, type Running } from './provision.ts'
import { ACCOUNT_SUFFIX, ensureKeys, findAccount } from './sandbox-account.ts'
import { startSshd, type Sshd } from './sshd.ts'

const DIST = path.join(import.meta.dirname, '../../dist/provision')
/** The program as it ships; the bootstrap script lies beside it. */
export const PROGRAM = path.join(DIST, 'provision.mjs')

export interface MachineOptions {
  /** Machines with distinct names can stand side by side. Small letters. */
  name?: string
  slots?: number
  parameters?: Partial<BootstrapParameters>
  /** Another build of the program than the one that ships. */
  programFile?: string
}

/** This machine as a server that the real bootstrap script has prepared: real sshd, nginx, PHP-FPM and MariaDB. */
export interface HostingMachine {
  account: string
  uid: number
  home: string
  sshPort: number
  hostKey: HostKey
  sshd: Sshd
  keyFile: string
  /** To log in as the sandbox user. */
  address: BackendAddress
  httpPort: number
  httpsPort: number
  slots: readonly string[]
  mariadb: MariaDb
  /** What the script said when it prepared the machine. */
  said: string
  /** Runs the script again; throws with what it said where it refuses. */
  bootstrap(parameters?: Partial<BootstrapParameters>, ...args: string[]): string
  /** How the account calls the built program. */
  argvOf(argv: readonly string[]): string[]
  /** The built program as the sandbox user. */
  run(argv: readonly string[], request?: JsonRecord | string): Promise<Ran>
  start(
    argv: readonly string[],
    request?: JsonRecord | string,
    env?: Readonly<Record<string, string>>,
  ): Running
  /** A shell command as the sandbox user or as a slot. */
  as(user: string, script: string): { exitCode: number | null; stdout: string; stderr: string }
  /** Asks the database as root. */
  query(sql: string): string
  /** Takes everything away again, by the script's own inverse. */
  stop(): Promise<void>
}

/** What a machine needs before the script runs: a database of its own, and parameters that meet nobody else's. */
export interface Ground {
  account: string
  folder: string
  keyFile: string
  mariadb: MariaDb
  parameters: BootstrapParameters
  bootstrap: HostingMachine['bootstrap']
  /** Removes what the script has made, by its own inverse. */
  clear(): Promise<void>
}

export async function prepareGround(options: MachineOptions = {}): Promise<Ground> {
  await build({ targets: ['provision'] })
  const account = `${options.name ?? 'hdbox'}${ACCOUNT_SUFFIX}`
  const folder = path.join(tmpdir(), `hosting-desk-machine-${account}`)
  const { keyFile } = ensureKeys(account)
  const mariadb = await startMariaDb(path.join(folder, 'mariadb'))
  const parameters = BootstrapParameters.parse({
    account,
    slots: options.slots ?? 6,
    publicKey: readFileSync(`${keyFile}.pub`, 'utf8').trim(),
    httpPort: await freePort(),
    httpsPort: await freePort(),
    withCertbot: false,
    withGit: false,
    mariadbSocket: mariadb.socket,
    ...options.parameters,
  })
  const bootstrap: Ground['bootstrap'] = (changed = {}, ...args) =>
    runBootstrap({ ...parameters, ...changed }, args)
  // A killed test may have left its machine.
  bootstrap({}, '--remove', '--with-data')
  return {
    account,
    folder,
    keyFile,
    mariadb,
    parameters,
    bootstrap,
    async clear() {
      try {
        bootstrap({}, '--remove', '--with-data')
      } finally {
        await mariadb.stop()
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

/** The caller stops it. Needs root, and the packages that requirements.ts names. */
export async function startHostingMachine(options: MachineOptions = {}): Promise<HostingMachine> {
  const ground = await prepareGround(options)
  const { account, folder, keyFile, mariadb, parameters, bootstrap } = ground
  const said = bootstrap()
  const found = findAccount(account)
  if (found === undefined) throw new Error(`The script made no account ${account}:\n${said}`)
  const sshd = await startSshd({
    publicKeyFiles: [`${keyFile}.pub`],
    config: ['AuthorizedKeysFile .ssh/authorized_keys', 'StrictModes yes'],
  })
  const program = copyProgram(folder, options.programFile ?? PROGRAM)
  const node = reachableNode(folder, found.uid)
  const start: HostingMachine['start'] = (argv, request = {}, env = {}) => {
    const child = spawn('setpriv', [...asUser(account), node, program, ...argv], {
      cwd: found.home,
      detached: true,
      env: { HOME: found.home, PATH: '/usr/bin:/bin', ...env },
    })
    child.stdin.on('error', () => {})
    child.stdin.end(typeof request === 'string' ? request : renderRequest(request))
    return { child, ended: collect(child) }
  }
  return {
    account,
    ...found,
    sshPort: sshd.port,
    hostKey: sshd.hostKey,
    sshd,
    keyFile,
    address: {
      host: '127.0.0.1',
      port: sshd.port,
      user: account,
      login: { method: 'key', keyFile },
    },
    httpPort: parameters.httpPort,
    httpsPort: parameters.httpsPort,
    slots: slotNames(account, parameters.slots),
    mariadb,
    said,
    bootstrap,
    argvOf: (argv) => [node, program, ...argv],
    start,
    run: (argv, request) => start(argv, request).ended,
    as(user, script) {
      const { status, stdout, stderr } = spawnSync(
        'setpriv',
        [...asUser(user), 'sh', '-c', script],
        { encoding: 'utf8', cwd: '/', env: { HOME: found.home, PATH: '/usr/sbin:/usr/bin:/bin' } },
      )
      return { exitCode: status, stdout, stderr }
    },
    query: (sql) => mariadb.query(sql),
    async stop() {
      await sshd.stop()
      await ground.clear()
    },
  }
}

const asUser = (user: string): string[] => ['--reuid', user, '--regid', user, '--init-groups']

const slotNames = (account: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${account}${String(index + 1).padStart(2, '0')}`)

/** Through standard input, as it also comes over SSH. */
function runBootstrap(parameters: BootstrapParameters, args: readonly string[]): string {
  const source = readFileSync(path.join(DIST, 'bootstrap.sh'), 'utf8')
  const { status, stdout, stderr } = spawnSync('sh', ['-s', '--', ...args], {
    input: renderBootstrap(source, parameters),
    encoding: 'utf8',
    cwd: '/',
  })
  if (status !== 0) throw new Error(`The bootstrap script failed:\n${stdout}${stderr}`)
  return stdout + stderr
}

function copyProgram(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  const program = path.join(folder, 'provision.mjs')
  copyFileSync(file, program)
  return program
}
