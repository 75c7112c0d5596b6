import { z } from 'zod'
import { Title } from '#shared/domain/names.ts'
import { Client } from '#shared/domain/objects.ts'
import { toSizeText } from '#shared/size.ts'
import { toChecked, type Checked } from './checked.ts'
import { toNumber } from './server-draft.ts'

const GB = 1_000_000_000

/** A client as it is typed. */
export interface ClientDraft {
  title: string
  email: string
  siteQuota: string
  /** In GB. */
  diskQuota: string
}

const Facts = z.object({
  title: Title,
  email: Client.shape.email,
  siteQuota: Client.shape.siteQuota.unwrap(),
  diskQuotaBytes: Client.shape.diskQuotaBytes.unwrap(),
})
export type ClientFacts = z.infer<typeof Facts>

export const toClientDraft = (client?: Client): ClientDraft => ({
  title: client?.title ?? '',
  email: client?.email ?? '',
  siteQuota: client?.siteQuota == null ? '' : String(client.siteQuota),
  diskQuota: client?.diskQuotaBytes == null ? '' : String(client.diskQuotaBytes / GB),
})

/** The facts as main takes them, or what is wrong with each field. */
export const toClientFacts = (draft: ClientDraft): Checked<ClientFacts> =>
  toChecked(
    Facts.safeParse({
      title: draft.title,
      email: draft.email.trim() || null,
      siteQuota: draft.siteQuota.trim() === '' ? null : toNumber(draft.siteQuota),
      diskQuotaBytes: toBytes(draft.diskQuota),
    }),
  )

/** Typed as GB, perhaps with a fraction; null where nothing was. */
function toBytes(typed: string): number | null {
  const text = typed.trim().replace(',', '.')
  if (text === '') return null
  return /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * GB) : Number.NaN
}

/** “1.4 GB”, or “1.4 GB of 5 GB” where there is a quota. */
export const toDiskText = ({
  sizeBytes,
  diskQuotaBytes,
}: {
  sizeBytes: number
  diskQuotaBytes: number | null
}): string =>
  diskQuotaBytes === null
    ? toSizeText(sizeBytes)
    : `${toSizeText(sizeBytes)} of ${toSizeText(diskQuotaBytes)}`

/** “3”, or “3 of 5” where there is a quota. */
export const toQuotaText = ({
  sites,
  siteQuota,
}: {
  sites: number
  siteQuota: number | null
}): string => (siteQuota === null ? String(sites) : `${sites} of ${siteQuota}`)
