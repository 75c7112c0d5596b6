import type { SiteReport } from '#shared/domain/site-report.ts'

/** What of a site's report wants somebody's attention, in sentences. */
export function findTroubles({ database, isInMaintenance, pendingUpdates }: SiteReport): string[] {
  const waiting = pendingUpdates ?? 0
  return [
    ...(database?.isAnswering === false ? ['Its database does not answer.'] : []),
    ...(isInMaintenance === true ? ['In maintenance: visitors see a notice.'] : []),
    ...(waiting === 0
      ? []
      : [
          `${waiting === 1 ? 'An update of its database waits' : `${waiting} updates of its database wait`}.`,
        ]),
  ]
}

/** What PHP lets a page have: “256M of memory, 64M an upload, 60 s a page”. */
export function describeLimits(php: SiteReport['php']): string {
  const { memoryLimit = null, uploadLimit = null, maxSeconds = null } = php ?? {}
  return [
    // PHP’s word for none.
    ...(memoryLimit === null || memoryLimit === '-1' ? [] : [`${memoryLimit} of memory`]),
    ...(uploadLimit === null ? [] : [`${uploadLimit} an upload`]),
    ...(maxSeconds === null || maxSeconds === 0 ? [] : [`${maxSeconds} s a page`]),
  ].join(', ')
}
