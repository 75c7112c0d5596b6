import { checkForm } from '#shared/domain/form-check.ts'
import type { FormProblems } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { ServiceSettings, type Server } from '#shared/domain/objects.ts'
import type { ServiceTypeDefinition } from './feature.ts'

type Types = readonly ServiceTypeDefinition[]
type Services = Server['services']

export const findServiceType = (
  types: Types,
  service: string,
  type: string | undefined,
): ServiceTypeDefinition | undefined =>
  types.find((one) => one.service === service && one.type === type)

/**
 * What is sent of a server's services before their types speak (Aegir's base class hostingService): the type, port and
 * restart command of each, and the values of its form by their names. A kind of service that a type is known of and
 * that the server does not carry is unset (Aegir's NONE), with every key of it that the backend still keeps.
 */
export function toServiceOptions({ services, savedOptions }: Server, types: Types): JsonRecord {
  const saved = Object.keys(savedOptions ?? {})
  const names = new Set([...types.map(({ service }) => service), ...saved.flatMap(toServiceName)])
  const options: JsonRecord = {}
  for (const service of names) {
    const wanted = wantedOptions(service, services[service], types)
    const left = keysOf(service, types).filter((key) => saved.includes(key))
    const unset = left.map((key) => [key, null] as const)
    Object.assign(options, Object.fromEntries(unset), wanted)
  }
  return options
}

function wantedOptions(
  service: string,
  settings: ServiceSettings | undefined,
  types: Types,
): JsonRecord {
  if (settings === undefined) return { [`${service}_service_type`]: null }
  const { type, port, restartCommand, values = {} } = settings
  const definition = findServiceType(types, service, type)
  const hasPort = port !== null || definition?.defaultPort != null
  const hasCommand = restartCommand !== null || definition?.defaultRestartCommand !== undefined
  return {
    [`${service}_service_type`]: type,
    ...(hasPort ? { [`${service}_port`]: port } : {}),
    ...(hasCommand ? { [`${service}_restart_cmd`]: restartCommand } : {}),
    ...Object.fromEntries(fieldsOf(definition).map(({ name }) => [name, values[name] ?? null])),
  }
}

/** The services that a context keeps, read back. Values that do not fit their form any more are left out. */
export function parseServices(options: JsonRecord, types: Types): Services {
  const services: Services = {}
  for (const service of Object.keys(options).flatMap(toServiceName)) {
    const type = options[`${service}_service_type`]
    const definition = findServiceType(types, service, typeof type === 'string' ? type : undefined)
    const values = valuesIn(options, definition)
    const settings = ServiceSettings.safeParse({
      type,
      port: options[`${service}_port`] ?? null,
      restartCommand: options[`${service}_restart_cmd`] ?? null,
      ...(Object.keys(values).length > 0 ? { values } : {}),
    })
    if (settings.success) services[service] = settings.data
  }
  return services
}

/** The services of a server with what its backend chose where nothing was said here: a port that it was set up with. */
export function withChosenValues({ services, savedOptions }: Server, types: Types): Services {
  const kept = parseServices(savedOptions ?? {}, types)
  return Object.fromEntries(
    Object.entries(services).map(([service, settings]) => {
      const chosen = kept[service]?.type === settings.type ? kept[service].values : undefined
      return [
        service,
        chosen === undefined
          ? settings
          : { ...settings, values: { ...chosen, ...settings.values } },
      ]
    }),
  )
}

function valuesIn(options: JsonRecord, definition: ServiceTypeDefinition | undefined): JsonRecord {
  const names = fieldsOf(definition).map(({ name }) => name)
  const kept = Object.fromEntries(Object.entries(options).filter(([key]) => names.includes(key)))
  const { values, problems } = checkForm(definition?.form ?? { fields: [] }, kept)
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => key in kept && !(key in problems)),
  )
}

/** Services as they are stored: with their types' defaults, their values as the forms have checked them. */
export function checkServices(
  services: Services,
  types: Types,
): { services: Services; problems: FormProblems } {
  const checked: Services = {}
  const problems: FormProblems = {}
  for (const [service, settings] of Object.entries(services)) {
    const definition = findServiceType(types, service, settings.type)
    if (definition === undefined) {
      problems[`services.${service}.type`] =
        `There is no ${service} service of type ${settings.type}.`
      continue
    }
    const { form = { fields: [] }, defaultPort, defaultRestartCommand = null } = definition
    const found = checkForm(form, settings.values ?? {})
    Object.assign(problems, atService(service, found.problems))
    checked[service] = {
      type: settings.type,
      port: settings.port ?? defaultPort,
      restartCommand: settings.restartCommand ?? defaultRestartCommand,
      ...(Object.keys(found.values).length > 0 ? { values: found.values } : {}),
    }
  }
  return { services: checked, problems }
}

/** Problems of one service, at the fields of the whole form. */
export const atService = (service: string, problems: FormProblems): FormProblems =>
  Object.fromEntries(
    Object.entries(problems).map(([field, problem]) => [
      `services.${service}.${OWN_FIELDS.includes(field) ? field : `values.${field}`}`,
      problem,
    ]),
  )
const OWN_FIELDS = ['type', 'port', 'restartCommand']

const fieldsOf = (definition: ServiceTypeDefinition | undefined) => definition?.form?.fields ?? []

const toServiceName = (key: string): string[] => {
  const name = /^([a-z][a-z0-9_]{0,31})_service_type$/.exec(key)?.[1]
  return name === undefined ? [] : [name]
}

/** Every key that a service of this kind may have, whichever its type is. */
const keysOf = (service: string, types: Types): string[] => [
  `${service}_service_type`,
  `${service}_port`,
  `${service}_restart_cmd`,
  ...types
    .filter((type) => type.service === service)
    .flatMap((type) => fieldsOf(type).map(({ name }) => name)),
]
