import path from 'node:path'
import type { LogLevel } from '#shared/domain/task.ts'
import type { Folders } from '../../system/account.ts'
import { ensureFolder, findText, namesIn, remove } from '../../system/files.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { LETS_ENCRYPT, MAX_NAMES, obtainByAcme } from './acme.ts'
import {
  badCertificate,
  type CertificateFacts,
  findUncovered,
  type KeyPair,
  parsePair,
  readPair,
  renderPair,
} from './certificate.ts'
import { readOwnFiles } from './own.ts'
import { findUnreachable } from './reach.ts'
import { certificateFailed, makeSelfSigned } from './request.ts'

/** Where a site's certificate is to come from. */
export type CertificateWish =
  | { type: 'own'; certificateFile: string | undefined; keyFile: string | undefined }
  | { type: 'self-signed' }
  | { type: 'acme'; directory: string; email: string | undefined }

/** A certificate that lies ready for the web server, in a file that never changes: a new one has a new name. */
export interface HeldCertificate {
  file: string
  source: string
  facts: CertificateFacts
}

/** A certificate with so little time left is renewed. */
export const RENEW_MS = 30 * 24 * 3_600_000

/** Of one that its owner renews there is a warning so long before. */
const WARN_MS = 14 * 24 * 3_600_000

export interface CertificateParts {
  folders: Folders
  now: () => number
  log: (level: LogLevel, message: string) => void
}

export interface CertificateSite {
  uri: string
  /** All its names, its own first. */
  names: readonly string[]
  wish: CertificateWish
}

/** The certificates of an account's sites: finds what lies ready, and gets what is missing or near its end. */
export class Certificates {
  readonly #parts: CertificateParts

  constructor(parts: CertificateParts) {
    this.#parts = parts
  }

  /**
   * What a site may use now: of those that are valid and stand for its own name, the one that is most like what is wished.
   * A file of ours that does not read is passed over.
   */
  async find({ uri, names, wish }: CertificateSite): Promise<HeldCertificate | undefined> {
    const now = this.#parts.now()
    const held = await Promise.all((await this.filesOf(uri)).map(readHeld))
    const usable = held
      .filter((one) => one !== undefined)
      .filter(({ facts }) => isValid(facts, now) && findUncovered(facts, [uri]).length === 0)
    const source = sourceOf(wish)
    return usable.sort((a, b) => likenessOf(a, source, names) - likenessOf(b, source, names)).at(-1)
  }

  /** Whether it need not be renewed, nor made for more names. */
  isGood({ names, wish }: CertificateSite, held: HeldCertificate): boolean {
    return isGoodFor(held, { source: sourceOf(wish), names }, this.#parts.now())
  }

  /** Every certificate of a site, old ones too. */
  async filesOf(uri: string): Promise<string[]> {
    const { tls } = this.#parts.folders
    const isOf = (name: string): boolean =>
      name.startsWith(`${uri}.`) && /^[0-9a-f]{16}\.pem$/.test(name.slice(uri.length + 1))
    return (await namesIn(tls)).filter(isOf).map((name) => path.join(tls, name))
  }

  /** Where a certificate of this content lies, or is to lie. */
  async fileFor(uri: string, text: string): Promise<string> {
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
    return path.join(this.#parts.folders.tls, `${uri}.${hash}.pem`)
  }

  /**
   * The text of the file that a site's certificate should be; undefined where `held` is right already. Throws
   * PROVISION_CERTIFICATE_FAILED, PROVISION_BAD_CERTIFICATE: then the site stays with what it has.
   */
  async obtain(
    site: CertificateSite,
    held: HeldCertificate | undefined,
    staging: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { uri, wish } = site
    if (wish.type === 'own') return this.#checked(site, site.names, await readOwnFiles(wish))
    const isGood = (names: readonly string[]): boolean =>
      held !== undefined && this.isGood({ ...site, names }, held)
    const names = wish.type === 'acme' ? this.#withoutWildcards(site.names) : site.names
    if (isGood(names)) return undefined
    const reachable = wish.type === 'acme' ? await this.#reachable(uri, names, signal) : names
    if (isGood(reachable)) return undefined
    await remove(staging)
    await ensureFolder(staging)
    try {
      return await this.#checked(
        site,
        reachable,
        await this.#make(reachable, wish, staging, signal),
      )
    } finally {
      await remove(staging)
    }
  }

  /**
   * What a site would have after `obtain`, as far as that can be told before it; undefined where `held` is right already.
   * Throws what the files of one's own are refused for.
   */
  async foresee(
    site: CertificateSite,
    held: HeldCertificate | undefined,
  ): Promise<HeldCertificate | undefined> {
    const { uri, wish } = site
    const source = sourceOf(wish)
    if (wish.type === 'own') {
      const pair = await readOwnFiles(wish)
      const file = await this.fileFor(uri, await this.#checked(site, site.names, pair))
      return file === held?.file ? undefined : { file, source, facts: await readPair(pair) }
    }
    const names = wish.type === 'acme' ? this.#withoutWildcards(site.names) : site.names
    if (held !== undefined && this.isGood({ ...site, names }, held)) return undefined
    const now = this.#parts.now()
    return {
      // Its name will be that of its content.
      file: path.join(this.#parts.folders.tls, `${uri}.(new).pem`),
      source,
      facts: {
        names,
        startsAt: now,
        expiresAt: now,
        issuer: '',
        isSelfSigned: wish.type === 'self-signed',
      },
    }
  }

  #make(
    names: readonly string[],
    wish: Exclude<CertificateWish, { type: 'own' }>,
    staging: string,
    signal: AbortSignal,
  ): Promise<KeyPair> {
    if (wish.type === 'self-signed') return makeSelfSigned(names, staging, signal)
    const { acme, challenges, locks } = this.#parts.folders
    const { directory, email } = wish
    return obtainByAcme(
      names,
      { directory, email, folder: acme, challenges, locks },
      staging,
      signal,
    )
  }

  async #checked(
    { uri, wish }: CertificateSite,
    names: readonly string[],
    pair: KeyPair,
  ): Promise<string> {
    const facts = await readPair(pair)
    const uncovered = findUncovered(facts, names)
    if (uncovered.includes(uri)) throw badCertificate(`it does not stand for ${uri}`)
    if (!isValid(facts, this.#parts.now()))
      throw badCertificate(
        `it holds from ${toDay(facts.startsAt)} to ${toDay(facts.expiresAt)}, and not now`,
      )
    if (wish.type === 'own' && facts.expiresAt - this.#parts.now() < WARN_MS)
      this.#parts.log('warning', `The certificate of ${uri} ends on ${toDay(facts.expiresAt)}.`)
    if (uncovered.length > 0)
      this.#parts.log('warning', `The certificate does not stand for ${uncovered.join(', ')}.`)
    return renderPair(sourceOf(wish), pair)
  }

  #withoutWildcards(names: readonly string[]): readonly string[] {
    const wildcards = names.filter((name) => name.startsWith('*.'))
    if (wildcards.length > 0)
      this.#parts.log(
        'warning',
        `No authority can be asked over HTTP for ${wildcards.join(', ')}: HTTPS does not work for every name below.`,
      )
    const others = names.filter((name) => !name.startsWith('*.'))
    if (others.length <= MAX_NAMES) return others
    throw certificateFailed(`the site has ${others.length} names, and one holds ${MAX_NAMES}`)
  }

  /** The names that an authority would find here. Throws where the site's own is none of them. */
  async #reachable(
    uri: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { challenges } = this.#parts.folders
    const reasons = new Map<string, string>()
    for (const name of names) {
      const reason = await findUnreachable(name, { challenges, signal })
      if (reason !== undefined) reasons.set(name, reason)
    }
    const own = reasons.get(uri)
    if (own !== undefined) throw certificateFailed(`the authority is not asked, since ${own}`)
    for (const reason of reasons.values())
      this.#parts.log('warning', `Left out of the certificate: ${reason}.`)
    return names.filter((name) => !reasons.has(name))
  }
}

/** Whether a certificate is what is wished, for these names, and has time left. */
export const isGoodFor = (
  { source, facts }: Pick<HeldCertificate, 'source' | 'facts'>,
  wanted: { source: string; names: readonly string[] },
  now: number,
): boolean =>
  source === wanted.source &&
  facts.expiresAt - now > renewalMs(facts) &&
  findUncovered(facts, wanted.names).length === 0

/** A certificate that lives for less than 90 days is renewed when a third of its life is left. */
export const renewalMs = ({
  startsAt,
  expiresAt,
}: Pick<CertificateFacts, 'startsAt' | 'expiresAt'>): number =>
  Math.min(RENEW_MS, (expiresAt - startsAt) / 3)

/** First by where it is from, then by how many names are missing, then by how long it holds. */
const likenessOf = (
  { source, facts }: HeldCertificate,
  wanted: string,
  names: readonly string[],
): number =>
  (source === wanted ? 1e18 : 0) - findUncovered(facts, names).length * 1e15 + facts.expiresAt

/** Clocks differ a little. */
const SKEW_MS = 5 * 60_000

const isValid = ({ startsAt, expiresAt }: CertificateFacts, now: number): boolean =>
  startsAt - SKEW_MS <= now && now < expiresAt

/** Stands at the head of the file: a certificate of another authority is not what is wished. */
export const sourceOf = (wish: CertificateWish): string =>
  wish.type === 'acme' ? `acme ${new URL(wish.directory).href}` : wish.type

async function readHeld(file: string): Promise<HeldCertificate | undefined> {
  const pair = parsePair((await findText(file)) ?? '')
  if (pair === undefined) return undefined
  try {
    return { file, source: pair.source, facts: await readPair(pair) }
  } catch (error) {
    if (error instanceof ProvisionError) return undefined
    throw error
  }
}

const toDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

export { LETS_ENCRYPT }
