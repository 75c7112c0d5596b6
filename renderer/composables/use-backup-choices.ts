import { computed, type Ref } from 'vue'
import { toExactText } from '../lib/instant.ts'
import { toSizeText } from '../lib/size.ts'
import { rpc } from '../rpc/client.ts'
import { useQuery } from './use-query.ts'

export interface BackupChoice {
  value: string
  label: string
  description: string | undefined
}

const MAX = 200

/** The backups of a site to choose from, newest first as main has them; undefined while they are fetched. */
export function useBackupChoices(siteId: string): Ref<BackupChoice[] | undefined> {
  const { data } = useQuery((signal) => rpc.backup.list({ siteId, limit: MAX }, { signal }))
  return computed(() =>
    data.value?.items.map(({ id, createdAt, sizeBytes, description }) => ({
      value: id,
      label: `${toExactText(createdAt)} · ${toSizeText(sizeBytes)}`,
      description: description || undefined,
    })),
  )
}
