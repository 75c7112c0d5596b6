import { z } from 'zod'
import type { Secrets, SshHost } from '#shared/contract/backend.ts'
import type { FormProblems } from '#shared/domain/form.ts'
import { PortNumber, Title } from '#shared/domain/names.ts'
import { BackendAddress, type Login } from '#shared/domain/objects.ts'
import { toChecked, toProblems, type Checked } from './checked.ts'

/** How an account is reached, as it is typed. Numbers are text until they are checked. */
export interface AddressDraft {
  host: string
  port: string
  user: string
  method: Login['method']
  keyFile: string
  password: string
  passphrase: string
}

/** The form “Add a server” as it is typed. */
export interface ServerDraft extends AddressDraft {
  title: string
  service: string
  servicePort: string
}

export const emptyServerDraft = (): ServerDraft => ({
  host: '',
  port: '22',
  user: '',
  method: 'agent',
  keyFile: '~/.ssh/id_ed25519',
  password: '',
  passphrase: '',
  title: '',
  service: '',
  servicePort: '',
})

/** The address as main takes it, or what is wrong with each field. */
export function toAddress(
  draft: AddressDraft,
): { address: BackendAddress } | { problems: FormProblems } {
  const parsed = BackendAddress.safeParse({
    host: draft.host,
    port: toNumber(draft.port),
    user: draft.user,
    login:
      draft.method === 'key' ? { method: 'key', keyFile: draft.keyFile } : { method: draft.method },
  })
  return parsed.success ? { address: parsed.data } : { problems: toProblems(parsed.error) }
}

const ServerFacts = z.object({ title: Title, servicePort: PortNumber.nullable() })

/** Name and web port, or what is wrong with each. */
export const toServerFacts = (draft: ServerDraft): Checked<z.infer<typeof ServerFacts>> =>
  toChecked(
    ServerFacts.safeParse({
      title: draft.title,
      servicePort: draft.servicePort.trim() === '' ? null : toNumber(draft.servicePort),
    }),
  )

/** What is only said to main; undefined where this login needs none. */
export function toSecrets(draft: AddressDraft): Secrets | undefined {
  const isByPassword = draft.method === 'password' || draft.method === 'keyboard-interactive'
  if (isByPassword && draft.password !== '') return { password: draft.password }
  if (draft.method === 'key' && draft.passphrase !== '') return { passphrase: draft.passphrase }
  return undefined
}

/** The draft with what a Host of the SSH configuration says. */
export const withSshHost = (draft: ServerDraft, host: SshHost): ServerDraft => ({
  ...draft,
  host: host.alias,
  port: String(host.port),
  user: host.user ?? draft.user,
  method: host.keyFile === null ? draft.method : 'key',
  keyFile: host.keyFile ?? draft.keyFile,
  title: draft.title === '' ? host.alias : draft.title,
})

/** A name to begin with, from the address: the first part of a host name, the whole of anything else. */
export function suggestTitle(host: string): string {
  const isName = /^[a-z]/i.test(host) && !host.includes(':')
  return isName ? (host.split('.')[0] ?? host) : host
}

/** Only digits are a number here: no signs, exponents or spaces inside. */
export const toNumber = (typed: string): number =>
  /^\d{1,9}$/.test(typed.trim()) ? Number(typed.trim()) : Number.NaN
