import { computed, ref, type Ref } from 'vue'
import { toShownName } from '#shared/domain/names.ts'
import { rpc } from '../rpc/client.ts'
import { useFilter } from './use-filter.ts'
import { useQuery } from './use-query.ts'

export interface ObjectChoice {
  value: string
  label: string
  description?: string
}
export type ChoiceKind = 'server' | 'platform' | 'site' | 'client'

const MAX = 200

/** Objects of a kind to choose from, narrowed by what is typed; never more than a screen can bear. */
export function useObjectChoices(kind: ChoiceKind): {
  choices: Ref<readonly ObjectChoice[]>
  search: Ref<string>
  isLoading: Ref<boolean>
} {
  const { search, settled } = useFilter({ delayMs: 150 })
  const isLoading = ref(true)
  const { data } = useQuery(
    async (signal) => {
      const found = await ask(kind, { search: settled.value, limit: MAX }, signal)
      isLoading.value = false
      return found
    },
    [settled],
  )
  // While another search is under way, what was found before stays.
  let before: readonly ObjectChoice[] = []
  const choices = computed(() => (before = data.value ?? before))
  return { choices, search, isLoading }
}

async function ask(
  kind: ChoiceKind,
  page: { search: string | undefined; limit: number },
  signal: AbortSignal,
): Promise<ObjectChoice[]> {
  switch (kind) {
    case 'server':
      return (await rpc.server.list(page, { signal })).items.map(({ id, title, backend }) => ({
        value: id,
        label: title,
        description: `${backend.user}@${backend.host}`,
      }))
    case 'platform':
      return (await rpc.platform.list(page, { signal })).items.map(({ id, title, server }) => ({
        value: id,
        label: title,
        description: `on ${server.title}`,
      }))
    case 'site':
      return (await rpc.site.list(page, { signal })).items.map(({ id, name, server }) => ({
        value: id,
        label: toShownName(name),
        description: `on ${server.title}`,
      }))
    case 'client':
      return (await rpc.client.list(page, { signal })).items.map(({ id, title }) => ({
        value: id,
        label: title,
      }))
  }
}
