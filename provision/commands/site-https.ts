import type { Json } from '#shared/domain/json.ts'
import { aliasesOf, type Context, findText } from '../context/context.ts'
import {
  type CertificateParts,
  Certificates,
  type CertificateSite,
  type CertificateWish,
  type HeldCertificate,
  LETS_ENCRYPT,
} from '../services/certificates/certificates.ts'
import { dropCertificatesStep, getCertificateStep } from '../services/certificates/steps.ts'
import type { WebService, WebSite, WebTls } from '../services/web-service.ts'
import type { Step } from '../steps/step.ts'
import type { Session } from './session.ts'
import type { SitePlace } from './site-place.ts'

/** How a site answers by HTTPS: not at all, beside HTTP, or in place of it. */
export type Https = 'off' | 'enabled' | 'required'

export const httpsOf = ({ options }: Context): Https =>
  options['https_enabled'] === 2 ? 'required' : options['https_enabled'] === 1 ? 'enabled' : 'off'

/** The certificate of a site as a command finds it, and as its steps then change it. */
export interface Securing {
  held: HeldCertificate | undefined
}

/** What a site has as things stand. */
export async function findSecuring(
  session: Session,
  { site, server, web, uri }: { site: Context; server: Context; web: WebService; uri: string },
): Promise<Securing> {
  const wish = toWish(site, server)
  const canAnswer = httpsOf(site) !== 'off' && ((await web.hasHttps?.()) ?? false)
  if (!canAnswer || typeof wish === 'string') return { held: undefined }
  const held = await new Certificates(partsOf(session)).find(toCertificateSite(site, uri, wish))
  return { held }
}

/** What the web server is told; undefined where the site answers by HTTP alone. */
export const toTls = (site: Context, { held }: Securing): WebTls | undefined =>
  httpsOf(site) === 'off' || held === undefined
    ? undefined
    : {
        file: held.file,
        isRequired: httpsOf(site) === 'required',
        isTrusted: !held.facts.isSelfSigned,
      }

/**
 * What comes before everything that depends on the site's address: its certificate. An authority asks the site itself, so a
 * site that is not on the web yet is put there first, out of order, to answer that one question.
 */
export function certificateSteps(
  session: Session,
  place: SitePlace,
  { webSite, isOnWeb }: { webSite: WebSite; isOnWeb: boolean },
): Step[] {
  const { site, server, web, uri, securing } = place
  if (httpsOf(site) === 'off') return []
  const wish = toWish(site, server)
  if (typeof wish === 'string') return [warnStep(session, uri, wish)]
  const take = (held: HeldCertificate | undefined): void => void (securing.held = held)
  const get = getCertificateStep(partsOf(session), toCertificateSite(site, uri, wish), take)
  const hasPort = async (): Promise<boolean> => {
    if ((await web.hasHttps?.()) ?? false) return true
    securing.held = undefined
    session.log('warning', `${uri} answers by HTTP alone: ${NO_PORT}`)
    return false
  }
  const guarded: Step = {
    ...get,
    async run(work) {
      if (await hasPort()) await get.run(work)
    },
    preview: async (signal) => ((await hasPort()) ? ((await get.preview?.(signal)) ?? []) : []),
  }
  const first = { ...webSite, isEnabled: isOnWeb && webSite.isEnabled }
  return [...(wish.type === 'acme' ? web.configureSite(first).map(unplanned) : []), guarded]
}

/** What it writes is told by the step that writes the virtual host for good. */
const unplanned = (step: Step): Step => ({ ...step, preview: () => Promise.resolve([]) })

const NO_PORT = 'its server has no port for HTTPS. Give it one and verify it.'

/** What comes after the site's last answer by an old certificate. */
export const tidyCertificatesStep = (session: Session, { uri, securing }: SitePlace): Step =>
  dropCertificatesStep(partsOf(session), uri, () => securing.held)

/** When a site goes, or changes its name. */
export const removeCertificatesStep = (session: Session, uri: string): Step =>
  dropCertificatesStep(partsOf(session), uri)

/** Of the result: null where the site has none. */
export const certificateFactsOf = ({ securing: { held } }: SitePlace): Record<string, Json> => ({
  certificateExpiresAt: held?.facts.expiresAt ?? null,
  certificateIssuer: held?.facts.issuer ?? null,
})

function warnStep(session: Session, uri: string, why: string): Step {
  const warn = (): void => session.log('warning', `${uri} answers by HTTP alone: ${why}`)
  return {
    kind: 'get-certificate',
    title: `Look after the certificate of ${uri}`,
    run: () => Promise.resolve(warn()),
    preview() {
      warn()
      return Promise.resolve([])
    },
  }
}

/** Where its certificate is to come from, or why that cannot be told. */
export function toWish(site: Context, server: Context): CertificateWish | string {
  switch (findText(site, 'certificate_type')) {
    case 'own':
      return {
        type: 'own',
        certificateFile: findText(site, 'certificate_file'),
        keyFile: findText(site, 'certificate_key_file'),
      }
    case 'self-signed':
      return { type: 'self-signed' }
    case 'acme':
      if (findText(server, 'certificate_service_type') !== 'acme')
        return `its server @${server.name} has no certificate service. Add one and verify it.`
      return {
        type: 'acme',
        directory: findText(server, 'acme_directory') ?? LETS_ENCRYPT,
        email: findText(server, 'acme_email'),
      }
    default:
      return 'it is not said which certificate it is to have.'
  }
}

export const toCertificateSite = (
  site: Context,
  uri: string,
  wish: CertificateWish,
): CertificateSite => ({ uri, names: [...new Set([uri, ...aliasesOf(site)])], wish })

const partsOf = ({ folders, log, parts: { now } }: Session): CertificateParts => ({
  folders,
  log,
  now,
})
