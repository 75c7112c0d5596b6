import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { addressOf, resetAccount } from '../desk.ts'
import { ensureSandboxAccount, startSshd, type SandboxAccount, type Sshd } from '../sshd.ts'
import { hasRecordings, RECORDINGS_FOLDER } from './recordings.ts'

/** What the stand-in is told of itself. */
export interface StandInSetup {
  /** Whether Aegir's own frontend answers there. */
  frontend: 'alive' | 'dead'
  /** How long a command takes. */
  durationMs: number
}

/** An ending that the stand-in is to give the next command of this name. */
export interface Fault {
  command: string
  on?: string
  kind: 'no-frame' | 'not-utf8' | 'options-lost' | 'error' | 'recording'
  code?: string
  name?: string
}

interface JournalEntry {
  event: 'begin' | 'end'
  command: string
  on: string
  args?: string[]
  pid: number
  at: number
}

/** An account over a real sshd, with a stand-in for Drush and Provision. */
export interface AegirAccount {
  account: SandboxAccount
  sshd: Sshd
  address: ReturnType<typeof addressOf>
  /** Writes contexts as Aegir keeps them. */
  put(records: Readonly<Record<string, JsonRecord>>): void
  /** Puts a file in the place of a context that PHP cannot read. */
  breakContext(name: string): void
  record(name: string): JsonRecord | undefined
  names(): string[]
  set(setup: Partial<StandInSetup>): void
  order(...faults: Fault[]): void
  journal(): JournalEntry[]
  path(...parts: string[]): string
  asAccount(script: string): string
  /** Everything as new. */
  clear(): void
  close(): Promise<void>
}

const PHP = '<?php // context_type '

/** The caller closes it. */
export async function openAegirAccount(user = 'hdaegir'): Promise<AegirAccount> {
  const account = ensureSandboxAccount(user)
  const sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
  const inHome = (...parts: string[]): string => path.join(account.home, ...parts)
  const own = (...parts: string[]): void => {
    execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, ...parts])
  }
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    own(path.dirname(file))
  }
  let setup: StandInSetup = { frontend: 'dead', durationMs: 0 }
  const aliasFile = (name: string): string => inHome('.drush', `${name}.alias.drushrc.php`)
  const clear = (): void => {
    resetAccount(account)
    execFileSync('sh', ['-c', 'crontab -u "$1" -r 2>/dev/null || true', 'sh', account.user])
    for (const name of ['.drush', '.stand-in', 'backups', 'bin', 'static', 'site-files'])
      rmSync(inHome(name), { recursive: true, force: true })
    mkdirSync(inHome('.stand-in/recordings'), { recursive: true })
    mkdirSync(inHome('bin'), { recursive: true })
    mkdirSync(inHome('.drush'), { recursive: true })
    cpSync(path.join(import.meta.dirname, 'stand-in.mjs'), inHome('.stand-in/stand-in.mjs'))
    if (hasRecordings)
      cpSync(RECORDINGS_FOLDER, inHome('.stand-in/recordings'), { recursive: true })
    writeFileSync(
      inHome('bin/drush'),
      '#!/bin/sh\nexec node "$HOME/.stand-in/stand-in.mjs" "$@"\n',
      { mode: 0o755 },
    )
    setup = { frontend: 'dead', durationMs: 0 }
    write(inHome('.stand-in/setup.json'), JSON.stringify(setup))
    own(inHome('bin'), inHome('.drush'), inHome('.stand-in'))
  }
  clear()
  return {
    account,
    sshd,
    address: addressOf(sshd, account),
    put(records) {
      for (const [name, record] of Object.entries(records))
        writeFileSync(aliasFile(name), `${PHP}${JSON.stringify(record)}`)
      own(inHome('.drush'))
    },
    breakContext: (name) => write(aliasFile(name), '<?php context_type oops('),
    record: (name) =>
      existsSync(aliasFile(name))
        ? (JSON.parse(readFileSync(aliasFile(name), 'utf8').slice(PHP.length)) as JsonRecord)
        : undefined,
    names: () =>
      execFileSync('ls', [inHome('.drush')], { encoding: 'utf8' })
        .split('\n')
        .filter((file) => file.endsWith('.alias.drushrc.php'))
        .map((file) => file.replace('.alias.drushrc.php', '')),
    set(changes) {
      setup = { ...setup, ...changes }
      write(inHome('.stand-in/setup.json'), JSON.stringify(setup))
    },
    order: (...faults) => write(inHome('.stand-in/faults.json'), JSON.stringify(faults)),
    journal: () =>
      existsSync(inHome('.stand-in/journal.jsonl'))
        ? readFileSync(inHome('.stand-in/journal.jsonl'), 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as JournalEntry)
        : [],
    path: inHome,
    asAccount: (script) =>
      execFileSync(
        'setpriv',
        [
          '--reuid',
          `${account.uid}`,
          '--regid',
          `${account.uid}`,
          '--init-groups',
          'sh',
          '-c',
          script,
        ],
        {
          encoding: 'utf8',
          cwd: account.home,
          env: { HOME: account.home, PATH: `${account.home}/bin:/usr/bin:/bin` },
        },
      ),
    clear,
    async close() {
      clear()
      await sshd.stop()
    },
  }
}

/** The account of the recordings: one machine for the web, one for databases, two platforms and a site. */
export const RECORDED_CONTEXTS: Readonly<Record<string, JsonRecord>> = {
  server_master: {
    context_type: 'server',
    remote_host: 'web.aegir.test',
    http_service_type: 'nginx',
    http_port: '80',
    http_restart_cmd: 'sudo /etc/init.d/nginx reload',
    aegir_root: '/var/aegir',
    script_user: 'aegir',
  },
  server_localhost: {
    context_type: 'server',
    remote_host: 'localhost',
    db_service_type: 'mysql',
    db_port: '3306',
    master_db: 'mysql://aegir_root:hunter-of-passwords@localhost',
  },
  platform_drupal7: {
    context_type: 'platform',
    server: '@server_master',
    web_server: '@server_master',
    root: '/var/aegir/platforms/drupal7',
    makefile: '',
    make_working_copy: false,
  },
  platform_drupal7b: {
    context_type: 'platform',
    server: '@server_master',
    web_server: '@server_master',
    root: '/var/aegir/platforms/drupal7b',
    makefile: '',
    make_working_copy: false,
  },
  'site1.aegir.test': {
    context_type: 'site',
    platform: '@platform_drupal7',
    server: '@server_master',
    db_server: '@server_localhost',
    uri: 'site1.aegir.test',
    root: '/var/aegir/platforms/drupal7',
    site_path: '/var/aegir/platforms/drupal7/sites/site1.aegir.test',
    site_enabled: true,
    language: 'en',
    client_name: 'admin',
    aliases: ['www.site1.aegir.test'],
    redirection: false,
    cron_key: 'a-key-for-cron-alone',
    drush_aliases: [],
    profile: 'minimal',
    install_method: 'profile',
  },
}
