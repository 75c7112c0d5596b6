import { Secret } from '../lib/secret.ts'
import { publicKeysOf } from '../ssh/public-keys.ts'
import { toSecrets } from './backend-calls.ts'
import { toRpcError } from './errors.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

export function bootstrapCalls(desk: Desk, parts: RpcParts) {
  const { bootstrap } = desk
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
          yield* parts.bootstrap.run(run, signal)
        } catch (error) {
          // Once a stream has begun, nobody else turns its error into the contract's.
          throw toRpcError(error, parts.onBug)
        }
      }),
    }),
  }
}
