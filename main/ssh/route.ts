import type SSHConfig from 'ssh-config'
import { HostAddress, PortNumber, UserName } from '#shared/domain/names.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import type { AppError } from '#shared/errors.ts'
import { sshError } from './ssh-error.ts'
import { findHostConfig } from './ssh-config.ts'

/** One machine to log in to on the way; `keyFile` is that of the configuration, null for the agent. */
export interface Jump {
  host: string
  port: number
  user: string
  keyFile: string | null
}

/** Where an address leads: its real host name, and the machines before it, the nearest first. */
export interface Route {
  host: string
  port: number
  jumps: Jump[]
}

const MAX_JUMPS = 4

/** What `~/.ssh/config` makes of an address. The address's own port, user and login stand; the rest is looked up. */
export function findRoute(
  config: SSHConfig,
  address: Pick<BackendAddress, 'host' | 'port'>,
): Route {
  const { hostName, proxyJump, hasProxyCommand } = findHostConfig(config, address.host)
  const jumps = proxyJump?.split(',').map((text) => jumpOf(config, text.trim())) ?? []
  if (proxyJump === null && hasProxyCommand) throw unsupported(address.host, 'a ProxyCommand')
  if (jumps.length > MAX_JUMPS) throw unsupported(address.host, `more than ${MAX_JUMPS} jump hosts`)
  return { host: hostName, port: address.port, jumps }
}

function jumpOf(config: SSHConfig, text: string): Jump {
  const [, typedUser, bracketed, plain, typedPort] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?\/?$/.exec(text) ?? []
  const alias = bracketed ?? plain ?? ''
  const found = findHostConfig(config, alias)
  if (found.proxyJump !== null || found.hasProxyCommand)
    throw unsupported(alias, 'a jump host that is itself behind another')
  const host = HostAddress.safeParse(found.hostName)
  const port = PortNumber.safeParse(Number(typedPort ?? found.port ?? 22))
  const user = UserName.safeParse(typedUser ?? found.user ?? process.env['USER'])
  if (!host.success || !port.success) throw unsupported(alias, `the jump host “${text}”`)
  if (!user.success)
    throw sshError(
      'ssh.proxy-unsupported',
      `The jump host ${alias} has no user`,
      `Name one in ~/.ssh/config: a User line, or user@${alias}.`,
    )
  return { host: host.data, port: port.data, user: user.data, keyFile: found.keyFile }
}

const unsupported = (host: string, what: string): AppError =>
  sshError(
    'ssh.proxy-unsupported',
    `~/.ssh/config asks for ${what} on the way to ${host}, which is not supported`,
    'A ProxyJump line is: write the way as one.',
  )
