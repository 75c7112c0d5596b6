import type { BackendAddress } from '#shared/domain/objects.ts'
import { Secret } from '../lib/secret.ts'
import { publicKeysOf } from '../ssh/public-keys.ts'
import { listBackends } from '../store/queries/backends.ts'
import { toSecrets } from './backend-calls.ts'
import { toRpcError } from './errors.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

export function bootstrapCalls(desk: Desk, parts: RpcParts) {
  const { bootstrap } = desk
  /** An open connection does not have the groups of slots that were made after it. */
  const disconnectAll = async ({ host, port, user }: BackendAddress): Promise<void> => {
    for (const one of listBackends(parts.store))
      if (one.host === host && one.port === port && one.user === user)
        await parts.disconnect(one.id)
  }
  return {
    bootstrap: bootstrap.router({
      script: bootstrap.script.handler(({ input }) => parts.bootstrap.script(input)),
      publicKeys: bootstrap.publicKeys.handler(async ({ input }) => ({
        keys: await publicKeysOf(input.login, toSecrets(input.secrets)),
      })),
      run: bootstrap.run.handler(async function* ({ input, signal }) {
        const { address, secrets, sudoPassword, parameters, sha256 } = input
        const run = {
          address,
          parameters,
          sha256,
          secrets: toSecrets(secrets),
          sudoPassword: sudoPassword === undefined ? undefined : new Secret(sudoPassword),
        }
        try {
          for await (const event of parts.bootstrap.run(run, signal)) {
            if (event.event === 'ended' && event.ready !== null)
              await disconnectAll({ ...address, user: event.ready.account })
            yield event
          }
        } catch (error) {
          // Once a stream has begun, nobody else turns its error into the contract's.
          throw toRpcError(error, parts.onBug)
        }
      }),
    }),
  }
}
