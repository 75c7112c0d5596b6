import { z } from 'zod'
import { SiteCertificate, type Site, type SiteHttps } from '#shared/domain/objects.ts'
import { toProblems, type Checked } from './checked.ts'

/** HTTPS of a site as it is chosen and typed. */
export interface HttpsDraft {
  https: SiteHttps
  /** Empty where none was chosen yet. */
  certificate: SiteCertificate['type'] | ''
  file: string
  keyFile: string
}

export const HTTPS_CHOICES: readonly { value: SiteHttps; label: string }[] = [
  { value: 'off', label: 'Off: HTTP only' },
  { value: 'enabled', label: 'On: HTTP and HTTPS' },
  { value: 'required', label: 'Required: HTTP leads to HTTPS' },
]

export const CERTIFICATE_CHOICES: readonly { value: SiteCertificate['type']; label: string }[] = [
  { value: 'acme', label: 'From an authority, renewed by itself' },
  { value: 'self-signed', label: 'Self-signed: browsers warn of it' },
  { value: 'own', label: 'My own files on the server' },
]

export function toHttpsDraft(site?: Pick<Site, 'https' | 'certificate'>): HttpsDraft {
  const own = site?.certificate?.type === 'own' ? site.certificate : undefined
  return {
    https: site?.https ?? 'off',
    certificate: site?.certificate?.type ?? '',
    file: own?.file ?? '',
    keyFile: own?.keyFile ?? '',
  }
}

type HttpsFacts = Pick<Site, 'https' | 'certificate'>
const Facts = z.object({ certificate: SiteCertificate })

/** The facts as main takes them, or what is wrong with each field. A choice outlives that HTTPS is switched off. */
export function toHttpsFacts(draft: HttpsDraft): Checked<HttpsFacts> {
  const { https, certificate: type, file, keyFile } = draft
  if (type === '') return { facts: { https, certificate: null } }
  const parsed = Facts.safeParse({ certificate: { type, file, keyFile } })
  if (parsed.success) return { facts: { https, ...parsed.data } }
  return https === 'off'
    ? { facts: { https, certificate: null } }
    : { problems: toProblems(parsed.error) }
}
