import type { BackendAddress } from '#shared/domain/objects.ts'
import { commandLine } from './shell-quote.ts'

/** How one logs in to an account from a terminal, with the system's own ssh: the same host, port, account and key. */
export function terminalCommand({ host, port, user, login }: BackendAddress): {
  argv: string[]
  line: string
} {
  const argv = [
    'ssh',
    ...(port === 22 ? [] : ['-p', String(port)]),
    ...(login.method === 'key' ? ['-i', login.keyFile] : []),
    '--',
    `${user}@${host}`,
  ]
  return { argv, line: commandLine(argv) }
}
