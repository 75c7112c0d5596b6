import { type Context, uriOf } from '../context/context.ts'
import { Certificates } from '../services/certificates/certificates.ts'
import type { Session } from './session.ts'
import { httpsOf, toCertificateSite, toWish } from './site-https.ts'

/** How long one that could not be renewed is left alone: authorities count the tries. */
export const RENEWAL_RETRY_MS = 12 * 3_600_000

/**
 * The sites, of those given, whose certificate is missing or near its end: their verify gets or renews it. The one that
 * ends first comes first.
 */
export async function findDueCertificates(
  session: Session,
  server: Context,
  sites: readonly Context[],
): Promise<string[]> {
  const { folders, log, parts } = session
  const all = new Certificates({ folders, log, now: parts.now })
  const due: { name: string; endsAt: number }[] = []
  for (const site of sites) {
    const wish = toWish(site, server)
    // One of somebody's own is renewed by them: a verify takes their new files over.
    if (httpsOf(site) === 'off' || typeof wish === 'string') continue
    const wanted = toCertificateSite(site, uriOf(site), wish)
    const held = await all.find(wanted)
    // A name that no authority would find here is no reason to ask for the rest again.
    if (held === undefined || !all.isGood({ ...wanted, names: [wanted.uri] }, held))
      due.push({ name: site.name, endsAt: held?.facts.expiresAt ?? 0 })
  }
  return due.sort((a, b) => a.endsAt - b.endsAt).map(({ name }) => name)
}
