import { computed, type Ref } from 'vue'
import type { Backend, BackendState } from '#shared/domain/objects.ts'
import { toAttention, type Attention } from '../lib/attention.ts'
import { rpc } from '../rpc/client.ts'
import { useLive } from '../stores/live.ts'
import { useQuery } from './use-query.ts'

export type ShownBackend = Backend & { state: BackendState }

/** All backends with their newest state, and what each of them needs from the operator. */
export function useBackends(): {
  backends: Ref<readonly ShownBackend[]>
  attention: Ref<readonly Attention[]>
} {
  const live = useLive()
  const { data } = useQuery((signal) => rpc.backend.list(undefined, { signal }))
  const backends = computed(() =>
    (data.value ?? []).map((one) => ({ ...one, state: live.backends.get(one.id) ?? one.state })),
  )
  const attention = computed(() => backends.value.flatMap((one) => toAttention(one, one.state)))
  return { backends, attention }
}
