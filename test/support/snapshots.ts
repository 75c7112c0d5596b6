import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import path from 'node:path'
import type { DatabaseClient } from './mariadb.ts'
import { fetchByHost } from './nginx.ts'

/** Where only that something is there is compared: what nginx writes while it runs, and locks, which outlive who is killed. */
const LIVING = /^nginx\/(log\/|run\/nginx\.pid)/
const LEFT_OUT = ['nginx/run/loaded', '.hosting-desk/locks', '.hosting-desk/tmp']

/** Sums of files by what their inodes said when they were read; with other content these say something else. */
export type KnownSums = Map<string, string>

/** Every file and folder below one, with kind, rights, owner, group and content. */
export function filesOf(root: string, known: KnownSums = new Map(), below = ''): string[] {
  return readdirSync(path.join(root, below))
    .sort()
    .map((name) => path.join(below, name))
    .filter((name) => !LEFT_OUT.includes(name))
    .flatMap((name) => {
      const file = path.join(root, name)
      const info = lstatSync(file, { bigint: true })
      const rights = `${(info.mode & 0o7777n).toString(8)} ${info.uid}:${info.gid}`
      if (info.isDirectory()) return [`${name}/ ${rights}`, ...filesOf(root, known, name)]
      if (info.isSymbolicLink()) return [`${name} ${rights} -> ${readlinkSync(file)}`]
      if (!info.isFile() || LIVING.test(name)) return [`${name} ${rights} `]
      const inode = `${info.ino} ${info.size} ${info.mtimeNs} ${info.ctimeNs}`
      const sum = known.get(inode) ?? sumOf(file)
      known.set(inode, sum)
      return [`${name} ${rights} ${sum}`]
    })
}

const sumOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)

/** What the web server answers to each host name. */
export async function answersOf(port: number, hosts: readonly string[]): Promise<unknown[]> {
  return Promise.all(
    hosts.map(async (host) => {
      const answer = await fetchByHost(port, host)
      return answer === undefined ? `${host}: none` : `${host}: ${answer.status} ${answer.body}`
    }),
  )
}

/** The names of the databases that an account and its slots have. */
export const databasesOf = (client: DatabaseClient, account: string): Promise<string[]> =>
  client.query(
    `SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '${account}%' ORDER BY 1`,
  )

/** The tables of these databases with their checksums, but for some. */
export async function tablesOf(
  client: DatabaseClient,
  account: string,
  but: readonly string[] = [],
): Promise<string[]> {
  const tables = await client.query(
    `SELECT CONCAT('\`', table_schema, '\`.\`', table_name, '\`') FROM information_schema.tables
     WHERE table_schema LIKE '${account}%' AND table_type = 'BASE TABLE' ORDER BY 1`,
  )
  const wanted = tables.filter((table) => !but.some((name) => table.endsWith(`.\`${name}\``)))
  return wanted.length === 0 ? [] : client.query(`CHECKSUM TABLE ${wanted.join(', ')}`)
}

/** The processes of accounts, but for PHP's own workers (one that just began has its master's name) and what is dead: that has no command line. */
export function commandLinesOf(uids: readonly number[]): string[] {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return found
    .flatMap((pid) => {
      const uid = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid
      return uid !== undefined && uids.includes(uid) ? [commandLine(pid)] : []
    })
    .filter((line) => line !== '' && !line.startsWith('php-fpm: '))
    .sort()
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    // It has just ended.
    return ''
  }
}
