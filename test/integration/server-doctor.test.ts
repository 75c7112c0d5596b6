import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Finding } from '#shared/domain/finding.ts'
import { z } from 'zod'
import { renderRequest } from '#shared/protocol/provision.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { type HostingMachine, startHostingMachine } from '../support/hosting-machine.ts'
import { findNginxMaster } from '../support/nginx.ts'
import { mountOver } from '../support/other-files.ts'
import { ANY_LOAD, collect, type Ran } from '../support/provision.ts'

let machine: HostingMachine
let slot: string

beforeAll(async () => {
  machine = await startHostingMachine({ name: 'hddoc', slots: 2 })
  slot = machine.slots[0] ?? ''
  await save({})
}, 120_000)
afterAll(() => machine.stop())

const save = (options: Record<string, string | number | null>, env = {}): Promise<Ran> =>
  machine.start(
    ['provision-save', '@server_doc'],
    {
      contextOptions: {
        context_type: 'server',
        http_service_type: 'nginx',
        http_port: machine.httpPort,
        critical_load_multiplier: ANY_LOAD,
        ...options,
      },
    },
    env,
  ).ended

const verify = (env = {}): Promise<Ran> =>
  machine.start(['provision-verify', '@server_doc'], {}, env).ended

/** The same where some files of the system are others, for this one command. */
function verifyWith(files: Readonly<Record<string, string>>): Promise<Ran> {
  const script = `${mountOver(files)}
    account=$1; shift
    exec setpriv --reuid "$account" --regid "$account" --init-groups "$@"`
  const argv = machine.argvOf(['provision-verify', '@server_doc'])
  const child = spawn('unshare', ['-m', 'sh', '-ec', script, 'sh', machine.account, ...argv], {
    cwd: machine.home,
    env: { HOME: machine.home, PATH: '/usr/bin:/bin' },
  })
  child.stdin.end(renderRequest({}))
  return collect(child)
}

async function examine(env = {}, files: Trouble['files'] = {}): Promise<Finding[]> {
  const { result } = await (Object.keys(files).length === 0 ? verify(env) : verifyWith(files))
  expect(result.errorMessage).toBeNull()
  return z.array(Finding).parse(result.data['findings'])
}

/** What is amiss; how quick a shell is depends on what else this machine does. */
const amiss = (findings: readonly Finding[]): Finding[] =>
  findings.filter(
    ({ severity, check }) => !['ok', 'info'].includes(severity) && check !== 'login-shell',
  )

const asRoot = (script: string): void =>
  void execFileSync('sh', ['-ec', script], { stdio: 'pipe', encoding: 'utf8' })
const asAccount = (script: string): void => {
  const ran = machine.as(machine.account, script)
  if (ran.exitCode !== 0) throw new Error(ran.stderr)
}

test('a machine that was just prepared has nothing amiss, and each thing that was looked at is told', async () => {
  const findings = await examine()
  expect(amiss(findings)).toEqual([])
  const checks = new Set(findings.map(({ check }) => check))
  for (const check of [
    'user',
    'account-locked',
    'login-shell',
    'no-root-right',
    'private-folders',
    'bootstrap',
    'disk-space',
    'inodes',
    'clock',
    'node',
    'load',
    'links',
    'nginx',
    'nginx-configuration',
    'nginx-other',
    'ports',
    'slots',
    'slot-groups',
    'slot-gates',
    'slot-timers',
    'php-sockets',
    'php',
    'namespaces',
    'database',
  ])
    expect(checks).toContain(check)
})

test('how many slots there are, and how many are free, is told', async () => {
  const { result } = await verify()
  expect(result.data['slots']).toEqual({ total: 2, free: 2 })
})

interface Trouble {
  title: string
  check: string
  severity: Finding['severity']
  /** What its message or remedy says. */
  says: () => RegExp | string
  cause?: () => void | Promise<void>
  cure?: () => void | Promise<void>
  /** What is another one for the verify alone. */
  env?: Readonly<Record<string, string>>
  files?: Readonly<Record<string, string>>
}

const otherNginx = (): string => path.join(tmpdir(), `hosting-desk-nginx-${machine.account}`)
const sudoers = (): string => `/etc/sudoers.d/${machine.account}`

const TROUBLES: readonly Trouble[] = [
  {
    title: 'a clock that nothing keeps right',
    check: 'clock',
    severity: 'warning',
    says: () => /and nothing keeps it right\. As root: .*timedatectl set-ntp true/,
    files: { '/usr/bin/timedatectl': '#!/bin/sh\necho no\n' },
  },
  {
    title: 'a Node that is too old',
    check: 'node',
    severity: 'error',
    says: () => 'Node is 16.20.2; 18 or newer is needed. As root, install',
    env: {
      NODE_OPTIONS: `--import=data:text/javascript,Object.defineProperty(process,'version',{value:'v16.20.2'})`,
    },
  },
  {
    title: 'a machine that is too busy',
    check: 'load',
    severity: 'warning',
    says: () => /The load of the last minute is 900\.0 on \d+ processors\. Tasks are put back/,
    cause: async () => void (await save({ critical_load_multiplier: 1 })),
    files: { '/proc/loadavg': '900.00 900.00 900.00 1/1 1\n' },
    cure: async () => void (await save({})),
  },
  {
    title: 'hard links that any account can make',
    check: 'links',
    severity: 'error',
    says: () => 'can make a hard link to a file of another',
    files: { '/proc/sys/fs/protected_hardlinks': '0\n' },
  },
  {
    title: 'a virtual host of somebody’s that follows any link',
    check: 'links',
    severity: 'error',
    says: () => /foreign\.conf says “disable_symlinks off”.* Take that line out of/,
    cause: () =>
      asAccount(
        `echo 'server { listen ${machine.httpPort}; server_name f.test; disable_symlinks off; }' >~/nginx/vhost.d/foreign.conf`,
      ),
    cure: () => asAccount('rm ~/nginx/vhost.d/foreign.conf'),
  },
  {
    title: 'an nginx of somebody else',
    check: 'nginx-other',
    severity: 'info',
    says: () =>
      /Another nginx runs beside ours \(.*\d+, as root.*\)\..*systemctl disable --now nginx/,
    async cause() {
      const listen = await freePort()
      writeFileSync(
        `${otherNginx()}.conf`,
        `pid ${otherNginx()}.pid; error_log ${otherNginx()}.log; events {} http { access_log off; server { listen ${listen}; } }`,
      )
      asRoot(`nginx -c ${otherNginx()}.conf`)
    },
    async cure() {
      const pid = Number(readFileSync(`${otherNginx()}.pid`, 'utf8'))
      process.kill(pid, 'SIGTERM')
      await eventually(() => expect(existsSync(`${otherNginx()}.pid`)).toBe(false))
      asRoot(`rm ${otherNginx()}.*`)
    },
  },
  {
    title: 'a port that nobody listens on',
    check: 'ports',
    severity: 'warning',
    says: () => /^Nobody listens on port \d+\. Verify the server/m,
    // With a command of somebody's that does not load it.
    cause: async () =>
      void (await save({ http_port: await freePort(), http_restart_cmd: '/bin/true' })),
    cure: async () => void (await save({ http_restart_cmd: null })),
  },
  {
    title: 'a port for HTTPS that nobody listens on',
    check: 'ports',
    severity: 'warning',
    says: () => /^Nobody listens on port \d+ for HTTPS\. Verify the server/m,
    cause: async () =>
      void (await save({ http_https_port: await freePort(), http_restart_cmd: '/bin/true' })),
    cure: async () =>
      void (await save({ http_https_port: machine.httpsPort, http_restart_cmd: null })),
  },
  {
    title: 'another port than the script has chosen',
    check: 'ports',
    severity: 'info',
    says: () => `for HTTPS; the bootstrap script has chosen ${machine.httpsPort}. Give the server`,
    cause: async () => void (await save({ http_https_port: await freePort() })),
    cure: async () => void (await save({ http_https_port: machine.httpsPort })),
  },
  {
    title: 'an account that is locked',
    check: 'account-locked',
    severity: 'warning',
    says: () => `usermod -p no-password ${machine.account}`,
    cause: () => asRoot(`usermod -L ${machine.account}`),
    cure: () => asRoot(`usermod -p no-password ${machine.account}`),
  },
  {
    title: 'a slow login shell',
    check: 'login-shell',
    severity: 'warning',
    says: () => /takes \d{3,} ms/,
    cause: () => asAccount('echo sleep 0.4 >~/.bashrc'),
    cure: () => asAccount('rm ~/.bashrc'),
  },
  {
    title: 'a right by sudo that was left over',
    check: 'no-root-right',
    severity: 'error',
    says: () => /has a right by sudo: \(.*\) NOPASSWD: \/bin\/true/,
    cause: () =>
      writeFileSync(sudoers(), `${machine.account} ALL=(ALL) NOPASSWD: /bin/true\n`, {
        mode: 0o440,
      }),
    cure: () => rmSync(sudoers()),
  },
  {
    title: 'a group that leads to root',
    check: 'no-root-right',
    severity: 'error',
    says: () => 'is in the group disk',
    cause: () => asRoot(`gpasswd -a ${machine.account} disk`),
    cure: () => asRoot(`gpasswd -d ${machine.account} disk`),
  },
  {
    title: 'backups that others can read',
    check: 'private-folders',
    severity: 'error',
    says: () => 'backups is open to other accounts',
    cause: () => asAccount('chmod 755 ~/backups'),
    cure: () => asAccount('chmod 700 ~/backups'),
  },
  {
    title: 'slots that are all taken',
    check: 'slots',
    severity: 'warning',
    says: () => 'All 2 slots are taken',
    cause: () =>
      asAccount(
        `mkdir -p ~/.hosting-desk/slots; for s in ${machine.slots.join(' ')}; do echo '{"site":"x"}' >~/.hosting-desk/slots/$s; done`,
      ),
    cure: () => asAccount('rm -r ~/.hosting-desk/slots'),
  },
  {
    title: 'a stranger in the group of a slot',
    check: 'slot-groups',
    severity: 'error',
    says: () => `gpasswd -d nobody ${slot}`,
    cause: () => asRoot(`gpasswd -a nobody ${slot}`),
    cure: () => asRoot(`gpasswd -d nobody ${slot}`),
  },
  {
    title: 'a connection without the group of a slot',
    check: 'slot-groups',
    severity: 'warning',
    says: () => `does not have the groups of ${slot}`,
    cause: () => asRoot(`gpasswd -d ${machine.account} ${slot}`),
    cure: () => asRoot(`gpasswd -a ${machine.account} ${slot}`),
  },
  {
    title: 'a slot whose gate is open',
    check: 'slot-gates',
    severity: 'error',
    says: () => `The gate of the slot ${slot} is open`,
    cause: () => asAccount(`chmod 755 ~/slots/${slot}`),
    cure: () => asAccount(`chmod 2750 ~/slots/${slot}`),
  },
  {
    title: 'a slot that may plant timers',
    check: 'slot-timers',
    severity: 'warning',
    says: () => `${slot} may plant timers`,
    cause: () => asRoot(`sed -i '/^${slot}$/d' /etc/cron.deny`),
    cure: () => void machine.bootstrap(),
  },
  {
    title: 'PHP that does not run',
    check: 'php',
    severity: 'error',
    says: () => `systemctl restart ${machine.account}-php`,
    cause: async () => {
      const pid = Number(readFileSync(`/run/${machine.account}-php/php.pid`, 'utf8'))
      process.kill(pid, 'SIGTERM')
      await eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false))
    },
    cure: () => void machine.bootstrap(),
  },
  {
    title: 'a socket of a slot that is missing',
    check: 'php-sockets',
    severity: 'error',
    says: () => `no socket for the slot ${slot}`,
    cause: () =>
      asRoot(`mv /run/${machine.account}-php/${slot}.sock /run/${machine.account}-php/x`),
    cure: () => asRoot(`mv /run/${machine.account}-php/x /run/${machine.account}-php/${slot}.sock`),
  },
  {
    title: 'a cache of PHP that is not guarded',
    check: 'php',
    severity: 'error',
    says: () => 'opcache.validate_permission is off',
    cause: async () => {
      const ini = `/etc/${machine.account}/php/php.ini`
      asRoot(`sed -i 's/^opcache.validate_permission.*/opcache.validate_permission = 0/' ${ini}
        kill -USR2 $(cat /run/${machine.account}-php/php.pid)`)
      await phpIsReloaded()
    },
    async cure() {
      expect(machine.bootstrap()).toContain('php.ini')
      await phpIsReloaded()
    },
  },
  {
    title: 'a database account that may more than it needs',
    check: 'database',
    severity: 'error',
    says: () =>
      /may more than it needs: GRANT (FILE, CREATE USER|CREATE USER, FILE|FILE|CREATE USER)/,
    cause: () =>
      void machine.query(`GRANT FILE, CREATE USER ON *.* TO ${machine.account}@localhost`),
    cure: () =>
      void machine.query(`REVOKE FILE, CREATE USER ON *.* FROM ${machine.account}@localhost`),
  },
  {
    title: 'a database account without its grant',
    check: 'database',
    severity: 'error',
    says: () => 'may not make databases for 1 of its 2 slots',
    cause: () =>
      void machine.query(`REVOKE ALL ON \`${slot}\\_%\`.* FROM ${machine.account}@localhost`),
    cure: () => void machine.bootstrap(),
  },
]

/** Pools answer again only once the master has started anew. */
async function phpIsReloaded(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300))
  await eventually(() =>
    expect(
      machine.as(machine.account, `test -S /run/${machine.account}-php/${slot}.sock`).exitCode,
    ).toBe(0),
  )
}

describe('the doctor finds', () => {
  test.each(TROUBLES)('$title', async ({ check, severity, says, cause, cure, env, files }) => {
    await cause?.()
    try {
      const found = (await examine(env, files)).filter((one) => one.check === check)
      const text = found.map(({ message, remedy }) => `${message} ${remedy ?? ''}`).join('\n')
      expect(text).toMatch(says())
      const amiss = found.filter((one) => one.severity === severity)
      expect(amiss).not.toEqual([])
      // Something to do, as a sentence.
      for (const { remedy } of amiss) expect(remedy).toMatch(/^[A-Z].{10,}[.)]$/s)
    } finally {
      await cure?.()
    }
  })

  test('nothing any more once all is cured', async () => {
    expect(amiss(await examine())).toEqual([])
  })

  test('a database that is stopped', async () => {
    await machine.mariadb.stop()
    const found = (await examine()).find(({ check }) => check === 'database')
    expect(found).toMatchObject({
      severity: 'error',
      remedy: expect.stringContaining('mariadb') as string,
    })
    await machine.mariadb.restart()
  })

  test('a disk that is full, of bytes and of files', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'hosting-desk-small-'))
    asRoot(`mount -t tmpfs -o size=64m,nr_inodes=70,mode=711,uid=${machine.uid} tmpfs ${home}`)
    try {
      const env = { HOME: home }
      // Without nginx, which would stand beside the one that root's unit starts.
      const contextOptions = { context_type: 'server', critical_load_multiplier: ANY_LOAD }
      await machine.start(['provision-save', '@server_doc'], { contextOptions }, env).ended
      await verify(env)
      asRoot(
        `cd ${home}; i=0; while touch filler$i 2>/dev/null; do i=$((i + 1)); done; rm filler0 filler1 filler2 filler3 filler4 filler5`,
      )
      const findings = await examine(env)
      expect(findings.find(({ check }) => check === 'disk-space')).toMatchObject({
        severity: 'error',
      })
      expect(findings.find(({ check }) => check === 'inodes')?.severity).toMatch(/warning|error/)
    } finally {
      asRoot(`umount ${home}; rmdir ${home}`)
    }
  })
})

describe('a verify that fails says what the doctor found', () => {
  const complaints = ({ events }: Ran): string =>
    events.flatMap((event) => (event.event === 'log' ? [event.message] : [])).join('\n')

  test('whose the file is that breaks nginx, which is left as it is', async () => {
    const file = path.join(machine.home, 'nginx/vhost.d/foreign.conf')
    asAccount(`echo 'server { what; }' >${file}`)
    const ran = await verify()
    expect(ran.result).toMatchObject({ isOk: false, errorCode: 'PROVISION_NGINX_BROKEN' })
    expect(complaints(ran)).toContain(
      `unknown directive "what" in ${file}:1 Hosting Desk did not write that file; it belongs to ${machine.account}.`,
    )
    expect(readFileSync(file, 'utf8')).toBe('server { what; }\n')
    rmSync(file)
  })

  test('that the port for HTTPS is somebody else’s', async () => {
    const complained = await verifyWhereTaken(machine.httpsPort)
    expect(complained).toContain('nginx does not run.')
    expect(complained).toContain(
      `Port ${machine.httpsPort} for HTTPS is taken by another program. Stop that one`,
    )
    expect(complained).not.toContain(`Port ${machine.httpPort}`)
  })

  test('that the port is somebody else’s', async () => {
    const complained = await verifyWhereTaken(machine.httpPort)
    expect(complained).toContain('nginx does not run.')
    expect(complained).toContain(`Port ${machine.httpPort} is taken by another program.`)
  })

  async function verifyWhereTaken(port: number): Promise<string> {
    const master = findNginxMaster(machine.home)
    // Only root could start it again.
    if (master !== undefined) process.kill(master, 'SIGKILL')
    for (const pid of workers()) process.kill(pid, 'SIGKILL')
    const other = createServer()
    await eventually(
      () =>
        new Promise<void>((resolve, reject) => {
          other.once('error', reject)
          other.listen(port, '0.0.0.0', resolve)
        }),
    )
    const ran = await verify()
    expect(ran.result).toMatchObject({ isOk: false })
    await new Promise((resolve) => other.close(resolve))
    return complaints(ran)
  }
})

const workers = (): number[] => {
  const { stdout } = machine.as(machine.account, `ps -o pid=,comm= -u ${machine.account}`)
  return stdout.split('\n').flatMap((line) => {
    const [, pid] = /^ *(\d+) nginx/.exec(line) ?? []
    return pid === undefined ? [] : [Number(pid)]
  })
}
