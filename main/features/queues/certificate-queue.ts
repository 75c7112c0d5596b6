import type { Feature } from '../../hooks/feature.ts'
import type { QueueReadingHost, RecurringSites } from '../../hooks/queue.ts'

const DAY_MS = 86_400_000
/** A certificate is renewed once its end is this near: authorities advise a third of ninety days. */
const BEFORE_END_MS = 30 * DAY_MS
/** A verify that could not renew it is not repeated before this: authorities count the tries. */
const RETRY_MS = DAY_MS / 2

const dueSites = (host: QueueReadingHost): RecurringSites => ({
  certificateEndsBefore: host.now + BEFORE_END_MS,
  withoutTask: { type: 'verify', endedAfter: host.now - RETRY_MS },
})

/**
 * Renews certificates in time, by the verify of their sites (hosting_le of hosting_https). Aegir verifies every site with
 * HTTPS each two weeks, whatever its certificate; here only those whose certificate is near its end, or not known, so
 * that nothing is verified for nothing, and a certificate of another length of life is renewed in time as well.
 */
export const certificateQueue: Feature = {
  name: 'certificate-queue',
  title: 'Certificates',
  description: 'Renews the certificates of sites before they end.',
  group: 'Queues',
  requires: ['sites'],
  queues: [
    {
      name: 'certificates',
      title: 'Certificates',
      description:
        'Verifies sites whose certificate is near its end, the one that ends first first.',
      type: 'spread',
      frequencySeconds: 604_800,
      singular: 'site',
      plural: 'sites',
      totalItems: (host) => host.countSites(dueSites(host)),
      process(count, host) {
        const sites = host.listSites({
          ...dueSites(host),
          orderBy: 'certificateExpiresAt',
          limit: count,
        })
        for (const site of sites)
          if (host.refusalOf(site, 'verify') === null) host.addTask(site, 'verify')
      },
    },
  ],
}
