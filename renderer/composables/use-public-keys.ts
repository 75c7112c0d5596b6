import { shallowRef, watch, type Ref } from 'vue'
import type { Secrets } from '#shared/contract/backend.ts'
import type { Login } from '#shared/domain/objects.ts'
import { rpc } from '../rpc/client.ts'

/** The public keys of a login as it is typed; none where it has none or they cannot be read. */
export function usePublicKeys(
  login: () => Login | undefined,
  secrets: () => Secrets | undefined,
): Ref<readonly string[]> {
  const keys = shallowRef<readonly string[]>([])
  watch(
    () => JSON.stringify([login(), secrets()]),
    async (asked) => {
      const now = login()
      if (now === undefined) return
      const typed = secrets()
      const found = await rpc.bootstrap
        .publicKeys({ login: now, ...(typed !== undefined && { secrets: typed }) })
        .catch(() => ({ keys: [] }))
      if (asked === JSON.stringify([login(), secrets()])) keys.value = found.keys
    },
    { immediate: true },
  )
  return keys
}
