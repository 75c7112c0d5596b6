import { toApplicationTitle } from '#shared/domain/applications.ts'
import type { Json } from '#shared/domain/json.ts'
import type { Platform, Site } from '#shared/domain/objects.ts'
import type { ReadingHost } from '../../hooks/host.ts'

/** Why a site cannot go to this platform; null where it can, and where none was chosen. */
export function refusalForTarget(
  platformId: Json | undefined,
  site: Site,
  host: ReadingHost,
): string | null {
  if (typeof platformId !== 'string') return null
  const target = host.find('platform', platformId)
  if (target === undefined || target.status === 'deleted')
    return 'This platform is no longer there.'
  if (target.backendId !== site.backendId) return `${target.title} is on another server account.`
  if (target.id !== site.platformId && target.status !== 'enabled') {
    return target.status === 'locked'
      ? `${target.title} is locked: it takes no more sites.`
      : `${target.title} has not been verified yet.`
  }
  const present = host.find('platform', site.platformId)
  if (present?.application != null && present.application !== target.application) {
    return toMismatch(target, present.application)
  }
  return null
}

const toMismatch = ({ title, application }: Platform, needed: string): string =>
  `${title} carries ${application === null ? 'nothing known' : toApplicationTitle(application)}, the site needs ${toApplicationTitle(needed)}.`
