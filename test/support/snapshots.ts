import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { fetchByHost } from './nginx.ts'

/** Where only that something is there is compared: what nginx writes while it runs, and locks, which outlive who is killed. */
const LIVING = /^nginx\/(log\/|run\/nginx\.pid)/
const LEFT_OUT = ['nginx/run/loaded', '.hosting-desk/locks', '.hosting-desk/tmp']

/** Every file and folder below one, with kind, rights, owner, group and content. */
export function filesOf(root: string, below = ''): string[] {
  return readdirSync(path.join(root, below))
    .sort()
    .map((name) => path.join(below, name))
    .filter((name) => !LEFT_OUT.includes(name))
    .flatMap((name) => {
      const file = path.join(root, name)
      const info = lstatSync(file)
      const rights = `${(info.mode & 0o7777).toString(8)} ${info.uid}:${info.gid}`
      if (info.isDirectory()) return [`${name}/ ${rights}`, ...filesOf(root, name)]
      if (info.isSymbolicLink()) return [`${name} ${rights} -> ${readlinkSync(file)}`]
      const content = info.isFile() && !LIVING.test(name) ? sumOf(file) : ''
      return [`${name} ${rights} ${content}`]
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
