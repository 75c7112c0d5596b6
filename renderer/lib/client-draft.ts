import { z } from 'zod'
import type { FormProblems } from '#shared/domain/form.ts'
import { Title } from '#shared/domain/names.ts'
import { Client } from '#shared/domain/objects.ts'
import { toNumber, toProblems } from './server-draft.ts'

/** A client as it is typed. */
export interface ClientDraft {
  title: string
  email: string
  siteQuota: string
}

const Facts = z.object({
  title: Title,
  email: Client.shape.email,
  siteQuota: Client.shape.siteQuota.unwrap(),
})
export type ClientFacts = z.infer<typeof Facts>

export const toClientDraft = (client?: Client): ClientDraft => ({
  title: client?.title ?? '',
  email: client?.email ?? '',
  siteQuota: client?.siteQuota == null ? '' : String(client.siteQuota),
})

/** The facts as main takes them, or what is wrong with each field. */
export function toClientFacts(
  draft: ClientDraft,
): { facts: ClientFacts } | { problems: FormProblems } {
  const parsed = Facts.safeParse({
    title: draft.title,
    email: draft.email.trim() || null,
    siteQuota: draft.siteQuota.trim() === '' ? null : toNumber(draft.siteQuota),
  })
  return parsed.success ? { facts: parsed.data } : { problems: toProblems(parsed.error) }
}

/** “3”, or “3 of 5” where there is a quota. */
export const toQuotaText = ({
  sites,
  siteQuota,
}: {
  sites: number
  siteQuota: number | null
}): string => (siteQuota === null ? String(sites) : `${sites} of ${siteQuota}`)
