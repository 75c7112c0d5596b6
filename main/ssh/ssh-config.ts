import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import SSHConfig from 'ssh-config'
import { SshHost } from '#shared/contract/backend.ts'
import { UserName } from '#shared/domain/names.ts'
import { expandHome } from './credentials.ts'
import { matchesPattern } from './known-hosts.ts'

/** What the configuration says of one Host. `null`: nothing. */
export interface HostConfig {
  hostName: string
  port: number | null
  user: string | null
  keyFile: string | null
  /** As written: `user@host:port`, several with commas; null for none. */
  proxyJump: string | null
  /** A ProxyCommand is set, which we do not run. */
  hasProxyCommand: boolean
}

/** The operator's `~/.ssh/config` with its includes; empty where there is none or it cannot be read. */
export async function readSshConfig(sshFolder: string): Promise<SSHConfig> {
  const text = await readWithIncludes(path.join(sshFolder, 'config'), sshFolder, 0)
  try {
    return SSHConfig.parse(text)
  } catch {
    return SSHConfig.parse('')
  }
}

export function findHostConfig(config: SSHConfig, host: string): HostConfig {
  // Never `Match exec`: nothing is run because a file was read.
  const found = config.compute(host, { ignoreCase: true, matchExec: false })
  const port = Number(firstOf(found['port']))
  const jump = firstOf(found['proxyjump'])
  const command = firstOf(found['proxycommand'])
  return {
    hostName: (firstOf(found['hostname']) ?? host).replace(/%h/g, host).replace(/%%/g, '%'),
    port: Number.isInteger(port) && port >= 1 && port <= 65535 ? port : null,
    user: firstOf(found['user']) ?? null,
    keyFile: firstOf(found['identityfile']) ?? null,
    proxyJump: jump === undefined || jump.toLowerCase() === 'none' ? null : jump,
    hasProxyCommand: command !== undefined && command.toLowerCase() !== 'none',
  }
}

/** The hosts that the configuration names (no patterns), to fill a form from. */
export async function listSshHosts(sshFolder: string): Promise<SshHost[]> {
  const config = await readSshConfig(sshFolder)
  return [...new Set(config.flatMap(aliasesOf))].flatMap((alias) => {
    const { hostName, port, user, keyFile } = findHostConfig(config, alias)
    const host = SshHost.safeParse({
      alias,
      host: hostName,
      port: port ?? 22,
      user: UserName.safeParse(user).success ? user : null,
      keyFile,
    })
    return host.success ? [host.data] : []
  })
}

function aliasesOf(line: SSHConfig[number]): string[] {
  if (line.type !== SSHConfig.DIRECTIVE || line.param.toLowerCase() !== 'host') return []
  const names = Array.isArray(line.value) ? line.value.map(({ val }) => val) : [line.value]
  return names.flatMap((name) => name.split(/\s+/)).filter((name) => /^[^*?!\s]+$/.test(name))
}

/** The library gives several values where a keyword was said several times; the first one wins, as in OpenSSH. */
const firstOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

async function readWithIncludes(file: string, sshFolder: string, depth: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  // OpenSSH goes 16 deep; a file that includes itself ends here all the same.
  if (depth >= 8) return ''
  const lines = await Promise.all(
    text.split('\n').map(async (line) => {
      const [, patterns] = /^\s*include[\s=]+(.+?)\s*$/i.exec(line) ?? []
      if (patterns === undefined) return line
      const files = await Promise.all(
        patterns.split(/\s+/).map((pattern) => includedFiles(pattern, sshFolder)),
      )
      const texts = await Promise.all(
        files.flat().map((one) => readWithIncludes(one, sshFolder, depth + 1)),
      )
      return texts.join('\n')
    }),
  )
  return lines.join('\n')
}

/** Patterns are taken in the last part of the path only. */
async function includedFiles(pattern: string, sshFolder: string): Promise<string[]> {
  const full = path.resolve(sshFolder, expandHome(pattern.replace(/^"|"$/g, '')))
  const folder = path.dirname(full)
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => matchesPattern(path.basename(full), name))
    .sort()
    .map((name) => path.join(folder, name))
}
