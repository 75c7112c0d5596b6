import { AppError } from '#shared/errors.ts'
import { Secret } from '../lib/secret.ts'
import type { HostAndPort } from '../ssh/known-hosts.ts'
import { terminalCommand } from '../ssh/terminal-command.ts'
import { listBackends } from '../store/queries/backends.ts'
import { listHostKeys } from '../store/queries/host-keys.ts'
import type { RpcParts, TypedSecrets } from './parts.ts'
import type { Desk } from './router.ts'

export function backendCalls(desk: Desk, parts: RpcParts) {
  const { backend } = desk
  const withState = <Row extends { id: string }>(row: Row) => ({
    ...row,
    state: parts.backendState(row.id),
  })
  return {
    backend: backend.router({
      list: backend.list.handler(() => listBackends(parts.store).map(withState)),
      get: backend.get.handler(({ input }) => withState(parts.store.get('backend', input.id))),
      check: backend.check.handler(async function* ({ input, signal }) {
        yield* parts.check(input, toSecrets(input.secrets), signal)
      }),
      trustHostKey: backend.trustHostKey.handler(async ({ input }) => {
        await parts.trustHostKey(input)
        return {}
      }),
      giveSecrets: backend.giveSecrets.handler(async ({ input }) => {
        parts.store.get('backend', input.backendId)
        await parts.giveSecrets(input.backendId, toSecrets(input.secrets))
        return {}
      }),
      edit: backend.edit.handler(async ({ input }) => {
        const edited = await parts.editing.editBackend(input)
        await parts.disconnect(edited.id)
        parts.dispatcher.unblock(edited.id)
        return edited
      }),
      disconnect: backend.disconnect.handler(async ({ input }) => {
        await parts.disconnect(input.id)
        return {}
      }),
      sshHosts: backend.sshHosts.handler(() => parts.sshHosts()),
      hostKeys: backend.hostKeys.handler(async () => {
        const backends = listBackends(parts.store)
        const trusted = listHostKeys(parts.store)
        const others = backends.filter((one) => !trusted.some((key) => isOf(key, one)))
        const seen = (await parts.knownHostKeys(others)).map((key) => ({
          ...key,
          id: null,
          trustedAt: null,
        }))
        return [...trusted, ...seen].map((key) => ({
          ...key,
          usedBy: backends.filter((one) => isOf(key, one)).map(({ title }) => title),
        }))
      }),
      forgetHostKey: backend.forgetHostKey.handler(async ({ input }) => {
        const key = await parts.trusted.forget(input.id)
        // What is connected was let in by that key.
        for (const one of listBackends(parts.store))
          if (isOf(key, one)) await parts.disconnect(one.id)
        return {}
      }),
      terminalCommand: backend.terminalCommand.handler(({ input }) => {
        const { line } = terminalCommand(parts.store.get('backend', input.id))
        return { line }
      }),
      openTerminal: backend.openTerminal.handler(async ({ input }) => {
        const command = terminalCommand(parts.store.get('backend', input.id))
        if (parts.abilities === null)
          throw new AppError(
            'terminal.missing',
            'A browser cannot open a terminal. Copy the command.',
          )
        await parts.abilities.openTerminal(command)
        return {}
      }),
    }),
  }
}

/** Typed secrets become values that print as `[secret]` at once. */
export function toSecrets(
  typed: { password?: string | undefined; passphrase?: string | undefined } = {},
): TypedSecrets {
  return {
    ...(typed.password === undefined ? {} : { password: new Secret(typed.password) }),
    ...(typed.passphrase === undefined ? {} : { passphrase: new Secret(typed.passphrase) }),
  }
}

const isOf = (key: HostAndPort, { host, port }: HostAndPort): boolean =>
  host === key.host && port === key.port
