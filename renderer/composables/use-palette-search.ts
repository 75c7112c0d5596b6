import { computed, type Ref } from 'vue'
import { toShownName } from '#shared/domain/names.ts'
import type { Command, CommandGroup } from '../lib/palette.ts'
import { nameOf, toDeedText } from '../lib/task-sentence.ts'
import { rpc } from '../rpc/client.ts'
import { useQuery } from './use-query.ts'

const FEW = 6

export interface Found {
  /** What these were found for, which may be an earlier search than what is typed by now. */
  search: string | undefined
  groups: readonly CommandGroup[]
}

/** Objects and tasks that a search finds, each leading to its page; nothing before anything was typed. */
export function usePaletteSearch(asked: Ref<string | undefined>): Ref<Found> {
  const { data } = useQuery(
    async (signal) => {
      const { value: search } = asked
      return { search, groups: await find(search, signal) }
    },
    [asked],
  )
  let before: Found = { search: undefined, groups: [] }
  return computed(() => (before = data.value ?? before))
}

async function find(search: string | undefined, signal: AbortSignal): Promise<CommandGroup[]> {
  if (search === undefined) return []
  const page = { search, limit: FEW }
  const [sites, platforms, servers, clients, tasks] = await Promise.all([
    rpc.site.list(page, { signal }),
    rpc.platform.list(page, { signal }),
    rpc.server.list(page, { signal }),
    rpc.client.list(page, { signal }),
    rpc.task.list(page, { signal }),
  ])
  return [
    group('Sites', 'i-lucide-globe', sites.items, (one) => ({
      label: toShownName(one.name),
      suffix: `on ${one.server.title}`,
      to: `/sites/${one.id}`,
    })),
    group('Platforms', 'i-lucide-layers', platforms.items, (one) => ({
      label: one.title,
      suffix: `on ${one.server.title}`,
      to: `/platforms/${one.id}`,
    })),
    group('Servers', 'i-lucide-server', servers.items, (one) => ({
      label: one.title,
      suffix: `${one.backend.user}@${one.backend.host}`,
      to: `/servers/${one.id}`,
    })),
    group('Clients', 'i-lucide-users', clients.items, (one) => ({
      label: one.title,
      to: `/clients/${one.id}`,
    })),
    {
      ...group('Tasks', 'i-lucide-list-checks', tasks.items, (one) => ({
        label: toDeedText(one.title, nameOf(one)),
        suffix: `#${one.number}`,
        to: `/tasks/${one.id}`,
      })),
      isPast: true,
    },
  ].filter(({ commands }) => commands.length > 0)
}

const group = <Row>(
  label: string,
  icon: string,
  rows: readonly Row[],
  toCommand: (row: Row) => Omit<Command, 'icon'>,
): CommandGroup => ({
  id: label,
  label,
  commands: rows.map((row) => ({ icon, ...toCommand(row) })),
})
