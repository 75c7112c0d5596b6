import { BootstrapParameters } from '#shared/contract/bootstrap.ts'
import type { FormProblems } from '#shared/domain/form.ts'
import { toProblems } from './checked.ts'
import { toNumber } from './server-draft.ts'

/** The parameters of the bootstrap script as they are typed. */
export interface BootstrapDraft {
  account: string
  slots: string
  publicKey: string
  httpPort: string
  httpsPort: string
  withCertbot: boolean
  withGit: boolean
  withComposer: boolean
}

export const emptyBootstrapDraft = (): BootstrapDraft => ({
  account: 'hd',
  slots: '20',
  publicKey: '',
  httpPort: '80',
  httpsPort: '443',
  withCertbot: true,
  withGit: true,
  withComposer: false,
})

/** The parameters as main takes them, or what is wrong with each field. */
export function toParameters(
  draft: BootstrapDraft,
): { parameters: BootstrapParameters } | { problems: FormProblems } {
  const parsed = BootstrapParameters.safeParse({
    ...draft,
    slots: toNumber(draft.slots),
    httpPort: toNumber(draft.httpPort),
    httpsPort: toNumber(draft.httpsPort),
  })
  return parsed.success ? { parameters: parsed.data } : { problems: toProblems(parsed.error) }
}
