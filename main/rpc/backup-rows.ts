import type { BackupRow } from '#shared/contract/inventory.ts'
import type { Id } from '#shared/domain/json.ts'
import type { Backup } from '#shared/domain/objects.ts'
import { keptUntil, parseRules, type RetentionRule } from '#shared/domain/retention.ts'
import { listBackupsOf } from '../store/queries/backups.ts'
import type { RpcParts } from './parts.ts'

/** The queue that thins out backups; where it is off, or no feature has it, every backup is kept. */
const RETENTION = 'backup-retention'
/** Of a site with more backups than that nobody asks when each of them goes. */
const MAX_BACKUPS = 300

/** Backups as lists show them. */
export function toBackupRows(parts: RpcParts, backups: readonly Backup[]): BackupRow[] {
  const { store, unit } = parts
  const rules = rulesOf(parts)
  const ends = new Map<Id, ReadonlyMap<Id, number | null>>()
  const endOf = ({ id, siteId }: Backup): number | null => {
    if (rules.length === 0) return null
    const known = ends.get(siteId)
    if (known !== undefined) return known.get(id) ?? null
    const all = listBackupsOf(store, siteId).slice(0, MAX_BACKUPS)
    const found = keptUntil(all, rules, unit.now())
    ends.set(siteId, found)
    return found.get(id) ?? null
  }
  return backups.map((backup) => ({
    ...backup,
    siteName: store.find('site', backup.siteId)?.name ?? 'A site that was forgotten',
    serverTitle: store.find('backend', backup.backendId)?.title ?? 'A server that was forgotten',
    keptUntil: endOf(backup),
  }))
}

/** Those in force; none where they do not read. */
function rulesOf({ registry, switches }: RpcParts): RetentionRule[] {
  const declared = registry.queues().find(({ definition }) => definition.name === RETENTION)
  if (declared === undefined) return []
  const { isEnabled, values } = switches.settingsOf(RETENTION)
  if ((isEnabled ?? declared.definition.isEnabled) === false) return []
  try {
    return parseRules(typeof values['rules'] === 'string' ? values['rules'] : '')
  } catch {
    return []
  }
}
