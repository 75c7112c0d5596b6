import type { Json, JsonRecord } from './json.ts'
import { Title } from './names.ts'
import { SiteCertificate, type Site, type SiteHttps } from './objects.ts'

/** Aegir's numbers of HOSTING_SSL_*, which contexts keep; off is not set. */
const HTTPS_NUMBERS: Readonly<Record<SiteHttps, number | null>> = {
  off: null,
  enabled: 1,
  required: 2,
}

type HttpsFacts = Pick<Site, 'https' | 'certificate'>

/** Lasting facts of a site's HTTPS, as its context keeps them. A null unsets its key. */
export function toHttpsOptions({ https, certificate }: HttpsFacts): JsonRecord {
  const own = certificate?.type === 'own' ? certificate : undefined
  return {
    https_enabled: HTTPS_NUMBERS[https],
    certificate_type: certificate?.type ?? null,
    certificate_file: own?.file ?? null,
    certificate_key_file: own?.keyFile ?? null,
  }
}

/** The same, read back; what does not read counts as not set. */
export function parseHttpsOptions(options: JsonRecord): HttpsFacts {
  const certificate = SiteCertificate.safeParse({
    type: options['certificate_type'],
    file: options['certificate_file'],
    keyFile: options['certificate_key_file'],
  })
  const number = options['https_enabled']
  return {
    https: number === 2 ? 'required' : number === 1 ? 'enabled' : 'off',
    certificate: certificate.success ? certificate.data : null,
  }
}

/** What a backend chose for a site or was told to call it, as the site's context keeps it. */
export function parseSiteFacts(
  options: JsonRecord,
): Pick<Site, 'siteTitle' | 'databaseName' | 'slot'> {
  const title = Title.safeParse(options['site_title'])
  return {
    siteTitle: title.success ? title.data : null,
    databaseName: shortText(options['db_name']),
    slot: shortText(options['slot']),
  }
}

const shortText = (value: Json | undefined): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 64 ? value : null
