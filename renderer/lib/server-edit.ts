import { z } from 'zod'
import type { ServerRow, ServiceType } from '#shared/contract/inventory.ts'
import type { Secrets } from '#shared/contract/backend.ts'
import { checkForm } from '#shared/domain/form-check.ts'
import type { FormProblems } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { Title } from '#shared/domain/names.ts'
import { Backend, ServiceSettings, type BackendAddress } from '#shared/domain/objects.ts'
import { toProblems, type Checked } from './checked.ts'
import { toAddress, toNumber, toSecrets, type AddressDraft } from './server-draft.ts'

/** One service of a server as it is typed; `type` is empty where the server has none of the kind. */
export interface ServiceEdit {
  service: string
  type: string
  port: string
  restartCommand: string
  /** Of the type's own form. */
  values: JsonRecord
}

/** The form “Edit a server” as it is typed. */
export interface ServerEdit extends AddressDraft {
  title: string
  limit: string
  services: ServiceEdit[]
}

/** What main is asked to store; `account` only where something of it changed. */
export interface ServerWish {
  title: string
  services: Record<string, ServiceSettings>
  account?: { address: BackendAddress; limit: number; secrets?: Secrets }
}

/** The form as it begins: what is stored, and every kind of service that could be there. */
export function toServerEdit(server: ServerRow, types: readonly ServiceType[]): ServerEdit {
  const { backend } = server
  const offered = types.filter(({ isHidden }) => !isHidden).map(({ service }) => service)
  const names = new Set([...Object.keys(server.services), ...offered])
  return {
    title: server.title,
    host: backend.host,
    port: String(backend.port),
    user: backend.user,
    method: backend.login.method,
    keyFile: backend.login.method === 'key' ? backend.login.keyFile : '~/.ssh/id_ed25519',
    password: '',
    passphrase: '',
    limit: String(backend.limit),
    services: [...names].map((service) => toServiceEdit(service, server.services[service])),
  }
}

const toServiceEdit = (service: string, settings: ServiceSettings | undefined): ServiceEdit => ({
  service,
  type: settings?.type ?? '',
  port: settings?.port == null ? '' : String(settings.port),
  restartCommand: settings?.restartCommand ?? '',
  values: settings?.values ?? {},
})

const Facts = z.object({ title: Title, limit: Backend.shape.limit })

/** What to store, or what is wrong with each field, all of them at once. */
export function toServerWish(
  edit: ServerEdit,
  { backend }: Pick<ServerRow, 'backend'>,
  types: readonly ServiceType[],
): Checked<ServerWish> {
  const facts = Facts.safeParse({ title: edit.title, limit: toNumber(edit.limit) })
  const services = toServices(edit.services, types)
  const found = toAddress(edit)
  const problems: FormProblems = {
    ...(facts.success ? {} : toProblems(facts.error)),
    ...('problems' in services ? services.problems : {}),
    ...('problems' in found ? found.problems : {}),
  }
  if (!facts.success || 'problems' in services || 'problems' in found) return { problems }
  const { title, limit } = facts.data
  const secrets = toSecrets(edit)
  const isSame =
    secrets === undefined && limit === backend.limit && isSameAddress(found.address, backend)
  const account = { address: found.address, limit, ...(secrets && { secrets }) }
  return { facts: { title, services: services.services, ...(isSame ? {} : { account }) } }
}

function toServices(
  edits: readonly ServiceEdit[],
  types: readonly ServiceType[],
): { services: Record<string, ServiceSettings> } | { problems: FormProblems } {
  const services: Record<string, ServiceSettings> = {}
  const problems: FormProblems = {}
  for (const { service, type, port, restartCommand, values } of edits) {
    if (type === '') continue
    const form = types.find((one) => one.service === service && one.type === type)?.form
    const own = checkForm(form ?? { fields: [] }, values)
    for (const [field, problem] of Object.entries(own.problems))
      problems[`services.${service}.values.${field}`] = problem
    const parsed = ServiceSettings.safeParse({
      type,
      port: port.trim() === '' ? null : toNumber(port),
      restartCommand: restartCommand.trim() || null,
      ...(form === undefined || form.fields.length === 0 ? {} : { values: own.values }),
    })
    if (parsed.success) services[service] = parsed.data
    else
      for (const [field, problem] of Object.entries(toProblems(parsed.error)))
        problems[`services.${service}.${field}`] = problem
  }
  return Object.keys(problems).length > 0 ? { problems } : { services }
}

const isSameAddress = (one: BackendAddress, other: BackendAddress): boolean =>
  one.host === other.host &&
  one.port === other.port &&
  one.user === other.user &&
  one.login.method === other.login.method &&
  (one.login.method !== 'key' ||
    other.login.method !== 'key' ||
    one.login.keyFile === other.login.keyFile)
