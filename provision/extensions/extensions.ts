import { type ContextType, declareKey } from '../context/keys.ts'
import type { ExtensionCommand, ServerHalf } from './server-half.ts'

export type WebServiceMaker = NonNullable<ServerHalf['webServices']>[string]
export type ServiceMaker = NonNullable<ServerHalf['services']>[string][string]

/** Names that are taken by what ships. */
export interface Shipped {
  commands: readonly string[]
  webServices: readonly string[]
}

/** What the extensions of this run declare, together. Nothing stands in the place of what ships, or of an earlier one's. */
export class Extensions {
  /** The folders that this run names, also of those that did not load. */
  readonly places: readonly string[]
  readonly #shipped: Shipped
  readonly #commands = new Map<string, ExtensionCommand>()
  readonly #webServices = new Map<string, WebServiceMaker>()
  readonly #services = new Map<string, ServiceMaker>()

  constructor(shipped: Shipped, places: readonly string[] = []) {
    this.places = places
    this.#shipped = shipped
  }

  get commandNames(): string[] {
    return [...new Set([...this.#commands.keys()].map((key) => key.split(' ')[1] ?? ''))]
  }

  findCommand(type: ContextType, name: string): ExtensionCommand | undefined {
    return this.#commands.get(`${type} ${name}`)
  }

  findWebService(type: string): WebServiceMaker | undefined {
    return this.#webServices.get(type)
  }

  findService(service: string, type: string): ServiceMaker | undefined {
    return this.#services.get(`${service} ${type}`)
  }

  /** Takes in a half of an extension; what was taken already is left out and returned as sentences. */
  add(extension: string, { contextKeys, commands, webServices, services }: ServerHalf): string[] {
    const problems: string[] = []
    const refuse = (what: string): void =>
      void problems.push(`The ${what} of the extension ${extension} was left out: it is taken.`)
    for (const [type, keys] of entriesOf(contextKeys))
      for (const [key, check] of Object.entries(keys))
        if (!declareKey(type, key, check)) refuse(`${type} key ${key}`)
    for (const [type, named] of entriesOf(commands))
      for (const [name, command] of Object.entries(named))
        if (this.#shipped.commands.includes(name)) refuse(`command ${name}`)
        else if (!putOnce(this.#commands, `${type} ${name}`, command)) refuse(`command ${name}`)
    for (const [type, make] of Object.entries(webServices ?? {}))
      if (this.#shipped.webServices.includes(type)) refuse(`web service ${type}`)
      else if (!putOnce(this.#webServices, type, make)) refuse(`web service ${type}`)
    for (const [service, types] of Object.entries(services ?? {}))
      for (const [type, make] of Object.entries(types))
        if (service === 'http') refuse(`service http (web services stand in webServices)`)
        else if (!putOnce(this.#services, `${service} ${type}`, make))
          refuse(`${service} service ${type}`)
    return problems
  }
}

const entriesOf = <Value>(
  byType: Partial<Record<ContextType, Value>> | undefined,
): [ContextType, Value][] => Object.entries(byType ?? {}) as [ContextType, Value][]

function putOnce<Value>(map: Map<string, Value>, key: string, value: Value): boolean {
  if (map.has(key)) return false
  map.set(key, value)
  return true
}
