import { toSecrets } from './backend-calls.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

/** Starting from what a backend has, and who else uses it. */
export function importCalls({ inventory }: Desk, parts: RpcParts) {
  const { imports, visits } = parts
  return {
    inventory: inventory.router({
      preview: inventory.preview.handler(({ input }) =>
        'address' in input
          ? imports.previewFrom(input.address, toSecrets(input.secrets))
          : imports.previewBackend(input.backendId),
      ),
      import: inventory.import.handler(async ({ input }) => {
        const result =
          'address' in input
            ? await imports.importFrom(input.address, toSecrets(input.secrets))
            : await imports.importBackend(input.backendId)
        // What the server did by itself can be read back now that its objects are known.
        await visits.visit(result.backendId)
        return result
      }),
      otherDesks: inventory.otherDesks.handler(({ input }) => visits.othersOn(input.backendId)),
    }),
  }
}
